"""Debian's Orthanc as modality and as peer: what arrives is routed to both, whatever happens to one of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.orthanc import Receiver
from support.system import Axial
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_RULE = "/router/rules/test-deliveries"
_BEFORE, _MEANWHILE = 8, 16
# How a full Orthanc refuses: out of resources, or by the number of an error of its own.
_OUT_OF_RESOURCES, _FAILED = 0xA700, 500


@pytest.fixture(scope="module")
def orthancs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Receiver, Receiver]]:
    """Run two."""
    folder = tmp_path_factory.mktemp("orthancs")
    some = Receiver(folder / "modality"), Receiver(folder / "peer")
    for orthanc in some:
        orthanc.start()
    yield some
    for orthanc in some:
        orthanc.stop()


@dataclass(frozen=True, slots=True)
class Routing:
    """Instances of one patient that a rule sends to both."""

    client: httpx2.Client
    dicoms: Sequence[Dicom]
    #: The last delivery before these.
    last: int

    @property
    def ids(self) -> list[str]:
        """What is to arrive, in order."""
        return [dicom.id for dicom in self.dicoms]

    def upload(self, dicoms: Sequence[Dicom]) -> None:
        """Let some arrive here."""
        for dicom in dicoms:
            assert self.client.post("/instances", content=dicom.body).is_success

    def refused(self, destination: dict[str, str], status: int) -> bool:
        """Tell whether a destination is away because it has said this."""
        (found,) = [
            standing
            for standing in self.client.get("/router/destinations").json()
            if standing["Destination"] == destination
        ]
        return bool(found["Away"]) and found["Status"] == status

    def retried(self, path: str, orthanc: Receiver) -> bool:
        """Do not wait for the next attempt; tell whether all has arrived."""
        answer = self.client.post(f"/router/destinations/{path}/retry")
        return answer.is_success and self.are_at(orthanc)

    def are_at(self, orthanc: Receiver) -> bool:
        """Tell whether all of them are there, in order."""
        ids = self.ids
        return [one for one in orthanc.arrived() if one in ids] == ids

    def are_delivered(self) -> bool:
        """Tell whether all is known to have arrived at both."""
        query = f"rule=test-deliveries&since={self.last}&limit=1000"
        found = self.client.get(f"/router/deliveries?{query}").json()["Deliveries"]
        return [one["State"] for one in found] == ["Delivered"] * 2 * len(self.dicoms)


@pytest.fixture
def routing(axial: Axial, orthancs: tuple[Receiver, Receiver]) -> Iterator[Routing]:
    """Tell Axial of both, for one test."""
    modality, peer = orthancs
    maker = DicomMaker()
    dicoms = [maker.make(serial) for serial in range(_BEFORE + _MEANWHILE)]
    (patient,) = {dicom.names.patient_id for dicom in dicoms}
    rule = {
        "Trigger": "NewInstance",
        "Conditions": {"Tags": {"PatientID": {"Equals": patient}}},
        "Destinations": [{"Modality": "routed"}, {"Peer": "routed"}],
    }
    described = {"AET": "ORTHANC", "Host": LOOPBACK, "Port": modality.dicom_port}
    url = f"http://{LOOPBACK}:{peer.http_port}/"
    with axial.client() as client:
        page = client.get("/router/deliveries?rule=test-deliveries&limit=1000").json()
        assert client.put("/modalities/routed", json=described).is_success
        assert client.put("/peers/routed", json={"Url": url}).is_success
        assert client.put(_RULE, json=rule).is_success
        yield Routing(client, dicoms, page["Last"])
        for path in (_RULE, "/modalities/routed", "/peers/routed"):
            assert client.delete(path).is_success


def test_a_restart_of_the_destination(
    routing: Routing, orthancs: tuple[Receiver, Receiver]
) -> None:
    """All arrive at both, once, in order of arrival; the one that is there is not delayed by the one that is not."""
    modality, peer = orthancs
    routing.upload(routing.dicoms[:_BEFORE])
    eventually_sync(lambda: routing.ids[0] in modality.arrived())
    modality.stop()
    routing.upload(routing.dicoms[_BEFORE:])
    eventually_sync(lambda: routing.are_at(peer))

    modality.start()
    eventually_sync(lambda: routing.retried("modality/routed", modality))
    eventually_sync(routing.are_delivered)
    _assert_once(routing, orthancs)


def test_a_full_destination(routing: Routing, orthancs: tuple[Receiver, Receiver]) -> None:
    """What both refuse for want of room waits in order; the one that has room again is not delayed by the other."""
    modality, peer = orthancs
    for orthanc in orthancs:
        orthanc.fill()
    routing.upload(routing.dicoms[:_BEFORE])
    eventually_sync(lambda: routing.refused({"Modality": "routed"}, _OUT_OF_RESOURCES))
    eventually_sync(lambda: routing.refused({"Peer": "routed"}, _FAILED))
    peer.make_room()
    routing.upload(routing.dicoms[_BEFORE:])
    eventually_sync(lambda: routing.retried("peer/routed", peer))
    eventually_sync(lambda: routing.refused({"Modality": "routed"}, _OUT_OF_RESOURCES))
    modality.make_room()
    eventually_sync(lambda: routing.retried("modality/routed", modality))
    eventually_sync(routing.are_delivered)
    _assert_once(routing, orthancs)


def _assert_once(routing: Routing, orthancs: tuple[Receiver, Receiver]) -> None:
    for orthanc in orthancs:
        assert routing.are_at(orthanc)
        eventually_sync(partial(_notes, orthanc, routing.ids[-1]))
        assert {times for id_, times in orthanc.stored().items() if id_ in routing.ids} == {1}


def _notes(orthanc: Receiver, instance: str) -> bool:
    return instance in orthanc.stored()
