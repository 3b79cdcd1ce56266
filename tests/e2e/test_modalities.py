"""Debian's Orthanc as a modality that Axial is told of while both run."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_NAME = "debians-orthanc"


@dataclass(frozen=True, slots=True)
class Orthanc:
    """An Orthanc that speaks DICOM."""

    client: httpx2.Client
    dicom_port: int

    def holds(self) -> set[str]:
        """List its instances."""
        return set(self.client.get("/instances").json())


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Run one."""
    (port,) = free_ports(1)
    wishes = {"DicomServerEnabled": True, "DicomPort": port, "DicomAlwaysAllowFind": True}
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), wishes) as client:
        yield Orthanc(client, port)


@pytest.fixture
def client(axial: Axial, orthanc: Orthanc) -> Iterator[httpx2.Client]:
    """Tell Axial of it for one test."""
    with axial.client() as client:
        described = {"AET": "ORTHANC", "Host": LOOPBACK, "Port": orthanc.dicom_port}
        assert client.put(f"/modalities/{_NAME}", json=described).text == ""
        yield client
        assert client.delete(f"/modalities/{_NAME}").is_success


def _stored(client: httpx2.Client, count: int) -> list[Dicom]:
    maker = DicomMaker()
    made = [maker.make(number) for number in range(count)]
    for dicom in made:
        assert client.post("/instances", content=dicom.body).is_success
    return made


def test_a_study_is_sent(client: httpx2.Client, orthanc: Orthanc) -> None:
    """Orthanc answers, finds what it is asked for, and then holds each instance under the same identifier."""
    assert client.post(f"/modalities/{_NAME}/echo", json={"CheckFind": True}).json() == {}
    made = _stored(client, 3)
    ids = {dicom.id for dicom in made}
    study = made[0].names.orthanc_ids[1]
    sent = client.post(f"/modalities/{_NAME}/store", content=study)
    assert sent.json() == {
        "Description": "REST API",
        "FailedInstancesCount": 0,
        "InstancesCount": 3,
        "LocalAet": "AXIAL",
        "ParentResources": [study],
        "RemoteAet": "ORTHANC",
        "Resources": [{"ID": study, "Type": "Study"}],
    }
    assert ids <= orthanc.holds()
    for id_ in ids:
        assert orthanc.client.get(f"/instances/{id_}/metadata/RemoteAET").text == "AXIAL"
    # Once more, of what it has already, and as a job.
    wish = {"Resources": [study], "Asynchronous": True}
    job = client.post(f"/modalities/{_NAME}/store", json=wish).json()["Path"]
    eventually_sync(lambda: client.get(job).json()["State"] == "Success")


def test_a_file_is_sent_that_is_not_kept(client: httpx2.Client, orthanc: Orthanc) -> None:
    """Orthanc has it, Axial does not."""
    dicom = DicomMaker().make(0)
    sent = client.post(f"/modalities/{_NAME}/store-straight", content=dicom.body)
    assert sent.json()["SOPInstanceUID"] == dicom.names.sop_instance_uid
    assert dicom.id in orthanc.holds()
    assert client.get(f"/instances/{dicom.id}").status_code == 404


def test_the_dicom_server_knows_it_too(
    client: httpx2.Client, axial: Axial, orthanc: Orthanc
) -> None:
    """Orthanc asks Axial for a C-MOVE to itself: it is a destination as soon as it is known, and not any more after."""
    made = _stored(client, 2)
    described = ["AXIAL", LOOPBACK, axial.dicom_port]
    assert orthanc.client.put("/modalities/axial", json=described).is_success
    wish = {
        "Level": "Study",
        "Resources": [{"StudyInstanceUID": made[0].names.study_instance_uid}],
        "TargetAet": "ORTHANC",
    }
    moved = orthanc.client.post("/modalities/axial/move", json=wish)
    assert moved.is_success, moved.text
    assert {dicom.id for dicom in made} <= orthanc.holds()
    assert client.delete(f"/modalities/{_NAME}").is_success
    eventually_sync(
        lambda: "0xA801" in orthanc.client.post("/modalities/axial/move", json=wish).text
    )
    assert client.put(
        f"/modalities/{_NAME}", json=["ORTHANC", LOOPBACK, orthanc.dicom_port]
    ).is_success
