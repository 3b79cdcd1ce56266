"""The router is killed while it delivers: all arrive, and none twice where the destination can be asked."""

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
from support.sender import Sender
from support.system import Axial, Wishes, running
from support.waiting import until

from axial.cli.ports import LOOPBACK

# In short: `test_kill_replicas`, and the router's own tests of deliveries.
pytestmark = [pytest.mark.chaos, pytest.mark.e2e, pytest.mark.long]

# A modality that refuses everything as a full one does.
_OUT_OF_RESOURCES = 0xA700
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


async def _route(client: httpx2.AsyncClient, **destinations: Destination) -> None:
    for name, destination in destinations.items():
        described = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": destination.port}
        assert (await client.put(f"/modalities/{name}", json=described)).is_success
    rule = {
        "Trigger": "NewInstance",
        "Destinations": [{"Modality": name} for name in destinations],
    }
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
    [(150, 1), (1000, 4)],
)
async def test_kills(axial: Axial, count: int, kills: int) -> None:
    """What was uploaded arrives at both, whoever is killed; at most doubled where nobody can be asked, and told so."""
    maker = DicomMaker()
    dicoms = [maker.make(serial) for serial in range(count)]
    wanted = {dicom.names.sop_instance_uid for dicom in dicoms}
    answers, mute = (_destination(dicoms[0], can_find=can_find) for can_find in (True, False))
    with listening(answers), listening(mute):
        async with axial.async_client() as client:
            await _route(client, answers=answers, mute=mute)
            await _upload(client, dicoms)
            for kill in range(kills):
                enough = len(wanted) * (kill + 1) // (kills + 2)
                await until(_at_least(answers, enough), within=_PATIENCE_SECONDS)
                await kill_and_wait(axial, ["router"])
            await _until_all_are_delivered(client, 2 * count)
            told = (await client.get("/router/deliveries?modality=mute&limit=1000")).json()
    assert _received(answers) == Counter(wanted)
    received = _received(mute)
    assert received.keys() == wanted
    doubled = {uid for uid, times in received.items() if times > 1}
    by_id = {dicom.id: dicom.names.sop_instance_uid for dicom in dicoms}
    suspected = {by_id[one["Instance"]] for one in told["Deliveries"] if one["PossibleDuplicate"]}
    assert doubled <= suspected


def _at_least(destination: Destination, count: int) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return len(destination.received) >= count

    return probe


async def test_two_minutes_of_refusal(axial: Axial) -> None:
    """A modality refuses everything for two minutes: it then gets all in order, once; another gets all meanwhile."""
    maker = DicomMaker()
    dicoms = [maker.make(serial) for serial in range(300)]
    uids = [dicom.names.sop_instance_uid for dicom in dicoms]
    full, fine = (_destination(dicoms[0], can_find=False) for _ in range(2))
    full.statuses = [_OUT_OF_RESOURCES]
    with listening(full), listening(fine):
        async with axial.async_client() as client:
            await _route(client, full=full, fine=fine)
            begun = time.monotonic()
            await _upload(client, dicoms)
            await until(_at_least(fine, len(uids)), within=_PATIENCE_SECONDS)

            async def is_over() -> bool:
                return time.monotonic() - begun > _REFUSING_SECONDS

            await until(is_over, within=_PATIENCE_SECONDS)
            refused = len(full.received)
            full.statuses = [0]
            await _until_all_are_delivered(client, 2 * len(uids))
    assert [one.sop_instance_uid for one in fine.received] == uids
    assert [one.sop_instance_uid for one in full.received[refused:]] == uids
