"""Storage commitment with Debian's Orthanc: it asks Axial, and Axial asks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

# Known by these, whatever other tests call their Orthanc.
TITLE, NAME = "COMMITTER", "committer"
CT = "1.2.840.10008.5.1.4.1.1.2"


@dataclass(frozen=True, slots=True)
class Two:
    """Both servers, each a modality of the other; and a file that both have."""

    axial: httpx2.Client
    orthanc: httpx2.Client
    dicom: Dicom


@pytest.fixture(scope="module")
def servers(
    axial: Axial, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """Let both know one another."""
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    (port,) = free_ports(1)
    wishes = {
        "DicomServerEnabled": True,
        "DicomAet": TITLE,
        "DicomPort": port,
        "DicomModalities": {"axial": ["AXIAL", LOOPBACK, axial.dicom_port]},
    }
    with (
        running_orthanc(tmp_path_factory.mktemp("orthanc"), wishes) as orthanc,
        axial.client() as client,
    ):
        described = {"AET": TITLE, "Host": LOOPBACK, "Port": port}
        client.put(f"/modalities/{NAME}", json=described).raise_for_status()
        yield client, orthanc
        client.delete(f"/modalities/{NAME}").raise_for_status()


@pytest.fixture
def two(servers: tuple[httpx2.Client, httpx2.Client]) -> Two:
    """Store a file at both."""
    axial, orthanc = servers
    dicom = DicomMaker().make(0)
    for server in servers:
        server.post("/instances", content=dicom.body).raise_for_status()
    return Two(axial, orthanc, dicom)


def told(server: httpx2.Client, path: str) -> dict[str, Any]:
    """Wait for a report."""

    def is_there() -> bool:
        return bool(server.get(path).json()["Status"] != "Pending")

    eventually_sync(is_there, within=30.0)
    return dict(server.get(path).json())


def test_each_asks_the_other(two: Two) -> None:
    """Both are told the same of the same instances: one committed, one unknown, one of another class."""
    asked = {
        "Resources": [two.dicom.id],
        "DicomInstances": [
            [CT, "1.2.3"],
            {"SOPClassUID": "1.2.3", "SOPInstanceUID": two.dicom.names.sop_instance_uid},
        ],
    }
    reports = []
    for server, other in ((two.axial, NAME), (two.orthanc, "axial")):
        answer = server.post(f"/modalities/{other}/storage-commitment", json=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["Path"] == f"/storage-commitment/{answer.json()['ID']}"
        reports.append(told(server, answer.json()["Path"]))
    ours, theirs = reports
    assert (ours.pop("RemoteAET"), theirs.pop("RemoteAET")) == (TITLE, "AXIAL")
    assert ours == theirs
    assert ours["Status"] == "Failure"
    assert [one["SOPInstanceUID"] for one in ours["Success"]] == [two.dicom.names.sop_instance_uid]
    assert [one["FailureReason"] for one in ours["Failures"]] == [0x0112, 0x0119]


def test_sent_and_committed_and_removed(two: Two) -> None:
    """A store that is chained with storage commitment tells its transaction; then what was sent may go, and does."""
    body = {"Resources": [two.dicom.id], "StorageCommitment": True}
    sent = two.axial.post(f"/modalities/{NAME}/store", json=body)
    assert sent.status_code == 200, sent.text
    path = f"/storage-commitment/{sent.json()['StorageCommitmentTransactionUID']}"
    assert told(two.axial, path)["Status"] == "Success"
    removed = two.axial.post(f"{path}/remove", json={})
    assert (removed.status_code, removed.json()) == (200, {})
    assert two.axial.get(f"/instances/{two.dicom.id}").status_code == 404
    assert two.orthanc.get(f"/instances/{two.dicom.id}").status_code == 200


def test_orthanc_sends_and_is_told(two: Two) -> None:
    """A C-STORE of Orthanc's is followed by its request at once: what was acknowledged is committed."""
    dicom = DicomMaker().make(0)
    two.orthanc.post("/instances", content=dicom.body).raise_for_status()
    body = {"Resources": [dicom.id], "StorageCommitment": True}
    sent = two.orthanc.post("/modalities/axial/store", json=body)
    assert sent.status_code == 200, sent.text
    path = f"/storage-commitment/{sent.json()['StorageCommitmentTransactionUID']}"
    assert told(two.orthanc, path)["Status"] == "Success"
