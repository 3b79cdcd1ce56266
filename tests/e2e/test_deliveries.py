"""Debian's Orthanc as modality and as peer: what arrives is routed to both, through the restart of one of them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_RULE = "/router/rules/test-deliveries"
_BEFORE, _MEANWHILE = 8, 16


class Orthanc:
    """An Orthanc that can be stopped and started again as it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.http_port, self.dicom_port = free_ports(2)
        self._running = ExitStack()

    def start(self) -> None:
        """Start it, with what it had."""
        wishes = {
            "HttpPort": self.http_port,
            "DicomServerEnabled": True,
            "DicomPort": self.dicom_port,
            "DicomAlwaysAllowFind": True,
        }
        self._client = self._running.enter_context(running_orthanc(self._folder, wishes))

    def stop(self) -> None:
        """Stop it."""
        self._running.close()

    def arrived(self) -> list[str]:
        """List the instances that it has got, as often as it got them as new ones, in order."""
        changes = self._client.get("/changes?limit=100000").json()["Changes"]
        return [change["ID"] for change in changes if change["ChangeType"] == "NewInstance"]


@pytest.fixture
def orthancs(tmp_path: Path) -> Iterator[tuple[Orthanc, Orthanc]]:
    """Run two."""
    some = []
    for name in ("modality", "peer"):
        (tmp_path / name).mkdir()
        some.append(Orthanc(tmp_path / name))
        some[-1].start()
    yield some[0], some[1]
    for orthanc in some:
        orthanc.stop()


@pytest.fixture
def client(axial: Axial, orthancs: tuple[Orthanc, Orthanc]) -> Iterator[httpx2.Client]:
    """Tell Axial of both, for one test."""
    modality, peer = orthancs
    described = {"AET": "ORTHANC", "Host": LOOPBACK, "Port": modality.dicom_port}
    with axial.client() as client:
        assert client.put("/modalities/routed", json=described).is_success
        url = f"http://{LOOPBACK}:{peer.http_port}/"
        assert client.put("/peers/routed", json={"Url": url}).is_success
        yield client
        for path in (_RULE, "/modalities/routed", "/peers/routed"):
            assert client.delete(path).is_success


def test_a_restart_of_the_destination(
    client: httpx2.Client, orthancs: tuple[Orthanc, Orthanc]
) -> None:
    """All arrive at both, once, in order of arrival; the one that is there is not delayed by the one that is not."""
    modality, peer = orthancs
    maker = DicomMaker()
    made = [maker.make(serial) for serial in range(_BEFORE + _MEANWHILE)]
    ids = [dicom.id for dicom in made]
    patients = {dicom.names.patient_id for dicom in made}
    rule = {
        "Trigger": "NewInstance",
        "Conditions": {"Tags": {"PatientID": {"OneOf": sorted(patients)}}},
        "Destinations": [{"Modality": "routed"}, {"Peer": "routed"}],
    }
    assert client.put(_RULE, json=rule).is_success
    for dicom in made[:_BEFORE]:
        assert client.post("/instances", content=dicom.body).is_success
    eventually_sync(modality.arrived)
    modality.stop()
    for dicom in made[_BEFORE:]:
        assert client.post("/instances", content=dicom.body).is_success
    eventually_sync(lambda: peer.arrived() == ids)

    modality.start()
    retry = "/router/destinations/modality/routed/retry"
    eventually_sync(lambda: client.post(retry).is_success and modality.arrived() == ids)

    def all_delivered() -> bool:
        found = client.get("/router/deliveries?rule=test-deliveries&limit=1000").json()
        states = [one["State"] for one in found["Deliveries"]]
        return states == ["Delivered"] * 2 * len(ids)

    eventually_sync(all_delivered)
    assert (modality.arrived(), peer.arrived()) == (ids, ids)
