"""The router is killed while it delivers: all arrive, and none twice where the destination can be asked."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from support.destinations import Destination, listening
from support.dicoms import Dicom, DicomMaker
from support.killing import kill_and_wait
from support.modality import sendable
from support.orthanc import Receiver
from support.sender import Sender
from support.system import Axial, Wishes, running
from support.waiting import until

from axial.cli.ports import LOOPBACK

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_REFUSING_SECONDS = 120
_PATIENCE_SECONDS = 600.0


@pytest.fixture
def axial(own_data: Path) -> Iterator[Axial]:
    """Run a system to be hurt; a router that was killed is soon known to be dead."""
    environment = {"AXIAL_LEASE_SECONDS": "2", "AXIAL_DELIVERY_LONGEST_RETRY_SECONDS": "10"}
    with running(own_data, Wishes(environment=environment)) as system:
        yield system


def _destination(dicom: Dicom, *, can_find: bool) -> Destination:
    told = sendable(dicom.body)
    return Destination([(told.sop_class_uid, [told.transfer_syntax])], can_find=can_find)


async def _route(client: httpx2.AsyncClient, *peers: Receiver, **ports: int) -> None:
    """Have everything sent to modalities at these ports, and to peers."""
    destinations: list[dict[str, str]] = []
    for name, port in ports.items():
        described = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": port}
        assert (await client.put(f"/modalities/{name}", json=described)).is_success
        destinations.append({"Modality": name})
    for place, peer in enumerate(peers):
        described = {"Url": f"http://{LOOPBACK}:{peer.http_port}/"}
        assert (await client.put(f"/peers/peer-{place}", json=described)).is_success
        destinations.append({"Peer": f"peer-{place}"})
    rule = {"Trigger": "NewInstance", "Destinations": destinations}
    assert (await client.put("/router/rules/everything", json=rule)).is_success


async def _upload(client: httpx2.AsyncClient, dicoms: list[Dicom]) -> None:
    sender = Sender(client)
    for dicom in dicoms:
        await sender.send("POST", "/instances", dicom.body)


def _received(destination: Destination) -> Counter[str]:
    return Counter(one.sop_instance_uid for one in destination.received)


async def _until_all_are_delivered(client: httpx2.AsyncClient, count: int) -> None:
    async def all_are() -> bool:
        answer = await client.get("/router/destinations")
        # The router may be away just now.
        return answer.is_success and count == sum(
            standing["Deliveries"]["Delivered"] for standing in answer.json()
        )

    await until(all_are, within=_PATIENCE_SECONDS, retry_on=(httpx2.TransportError,))


@pytest.mark.parametrize(
    ("count", "kills"),
    [(150, 1), pytest.param(1000, 4, marks=pytest.mark.long)],
)
async def test_kills(axial: Axial, count: int, kills: int) -> None:
    """What is uploaded arrives at both, whoever is killed; at most doubled where nobody can be asked, and told so."""
    maker = DicomMaker()
    dicoms = [maker.make(serial) for serial in range(count)]
    wanted = {dicom.names.sop_instance_uid for dicom in dicoms}
    answers, mute = (_destination(dicoms[0], can_find=can_find) for can_find in (True, False))
    with listening(answers), listening(mute):
        async with axial.async_client() as client:
            await _route(client, answers=answers.port, mute=mute.port)
            uploading = asyncio.create_task(_upload(client, dicoms))
            for kill in range(kills):
                enough = count * (kill + 1) // (kills + 2)
                await until(_at_least(answers, enough), within=_PATIENCE_SECONDS)
                assert len(answers.received) < count, "too late to hurt"
                await kill_and_wait(axial, ["router"])
            await uploading
            await _until_all_are_delivered(client, 2 * count)
            told = (await client.get("/router/deliveries?modality=mute&limit=1000")).json()
    assert _received(answers) == Counter(wanted)
    received = _received(mute)
    assert received.keys() == wanted
    doubled = {uid for uid, times in received.items() if times > 1}
    by_id = {dicom.id: dicom.names.sop_instance_uid for dicom in dicoms}
    print(f"{len(doubled)} came twice where nobody can be asked")
    suspected = {by_id[one["Instance"]] for one in told["Deliveries"] if one["PossibleDuplicate"]}
    assert doubled <= suspected


def _at_least(destination: Destination, count: int) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return len(destination.received) >= count

    return probe


@pytest.fixture
def full(tmp_path: Path) -> Iterator[tuple[Receiver, Receiver]]:
    """Run two Orthancs that refuse everything, for want of room."""
    some = Receiver(tmp_path / "modality"), Receiver(tmp_path / "peer")
    for orthanc in some:
        orthanc.start()
        orthanc.fill()
    yield some
    for orthanc in some:
        orthanc.stop()


@pytest.mark.tools
@pytest.mark.long
async def test_two_minutes_of_refusal(axial: Axial, full: tuple[Receiver, Receiver]) -> None:
    """A modality and a peer refuse all for two minutes: both then get it in order, once; a third one has it at once."""
    modality, peer = full
    # Of one patient: more would not be kept together.
    maker = DicomMaker(per_series=100)
    dicoms = [maker.make(serial) for serial in range(300)]
    ids = [dicom.id for dicom in dicoms]
    fine = _destination(dicoms[0], can_find=False)
    with listening(fine):
        async with axial.async_client() as client:
            await _route(client, peer, full=modality.dicom_port, fine=fine.port)
            begun = time.monotonic()
            await _upload(client, dicoms)
            await until(_at_least(fine, len(ids)), within=_PATIENCE_SECONDS)
            assert not set(ids) & {*modality.arrived(), *peer.arrived()}

            async def is_over() -> bool:
                return time.monotonic() - begun > _REFUSING_SECONDS

            await until(is_over, within=_PATIENCE_SECONDS)
            standings = (await client.get("/router/destinations")).json()
            assert sorted(one["Failures"] > 0 for one in standings) == [False, True, True]
            for orthanc in full:
                orthanc.make_room()
            await _until_all_are_delivered(client, 3 * len(ids))
    assert [one.sop_instance_uid for one in fine.received] == [
        dicom.names.sop_instance_uid for dicom in dicoms
    ]
    for orthanc in full:
        assert [one for one in orthanc.arrived() if one in ids] == ids
        # It was never sent again what it had not refused.
        stored = orthanc.stored()
        assert {stored[id_] for id_ in ids[:-1]} == {1}
