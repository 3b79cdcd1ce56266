"""C-ECHO, C-FIND, C-MOVE, C-GET as their user, at peers that others wrote and that misbehave."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
import uvloop
from prometheus_client import CollectorRegistry
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at run time
    StudyRootQueryRetrieveInformationModelFind,
)
from support.destinations import Destination, listening
from support.gateway import door
from support.job_hand import JobHand

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import RemoteFailed, Unavailable
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_tags import Json, TagFormat
from axial.common.sop_classes import FIND_CLASSES, GET_CLASSES, MOVE_CLASSES
from axial.common.tag_formats import in_format
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file
from axial.common.testing.eventually import eventually, eventually_sync
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Broken, Conversation, NotOffered, conversation
from axial.dimse.asking.echo import echo
from axial.dimse.asking.find import Failed, Write, find
from axial.dimse.asking.get import get
from axial.dimse.asking.move import move
from axial.dimse.messages.commands import Command
from axial.dimse.messages.status import Status
from axial.dimse.reaching import Reach
from axial.dimse.receiving import Received
from axial.dimse.upper_layer.association import Aborted, Association
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import Titles
from axial.dimse.upper_layer.requestor import Peer, Requestor
from axial.router.jobs.kind import JobFailed
from axial.router.parts import Parts
from axial.router.queries.finding import Finder, Question
from axial.router.queries.metrics import QueryMetrics
from axial.router.queries.requests import read_keys
from axial.router.queries.room import Room
from axial.router.retrieval.getting import GetJobs
from axial.router.retrieval.identifiers import writer_of
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method, Wish, command_of_request

pytestmark = pytest.mark.integration

_EXPLICIT = "1.2.840.10008.1.2.1"
_STUDY_ROOT = FIND_CLASSES[1]
_UIDS = ("1.2.3.1", "1.2.3.2", "1.2.3.3")
# Longer than a loaded machine takes for an answer; what is silent is waited for as long.
_PATIENCE_SECONDS = 5.0

Answer = Callable[[Exchange], Awaitable[None]]


def peer_at(port: int, patience_seconds: float = _PATIENCE_SECONDS) -> Peer:
    """Name a peer on this machine."""
    return Peer(Titles("US", "THEM"), LOOPBACK, port, patience_seconds)


def study(**keys: str) -> Write:
    """Ask for a study."""
    tags = {0x00080052: "STUDY", 0x0020000D: keys.get("uid", "")}
    return writer_of(tags, "Latin1", STANDARD)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[int]:
    """Let a peer listen that answers C-FIND so; give its port."""
    everything = Configuration(dicom_always_allow_find=True)
    async with door(everything, find=answer) as gateway:
        yield gateway.port


@asynccontextmanager
async def asking(
    port: int, patience_seconds: float = _PATIENCE_SECONDS
) -> AsyncIterator[Conversation]:
    """Associate for C-ECHO and C-FIND."""
    contexts = (*proposals.ECHO, *proposals.FIND)
    async with conversation(peer_at(port, patience_seconds), contexts) as line:
        yield line


def remotes() -> Remotes:
    """Ask whom nobody knows by name."""

    async def known() -> dict[str, Modality]:
        return {}

    return Remotes(known, Reach("US", _PATIENCE_SECONDS, None), STANDARD, lambda: "Latin1")


def finder_of(metrics: QueryMetrics) -> Finder:
    """Make what asks."""
    return Finder(remotes(), metrics)


async def anything(finder: Finder, modality: Modality) -> int:
    """Ask for all studies; return how many there are."""
    async with finder.find(modality, Question(Level.STUDY, {0x0020000D: ""})) as answers:
        return len(answers)


def match(number: int, text: str = "") -> bytes:
    """Make an answer."""
    tags = {0x0020000D: f"1.2.{number}", 0x00104000: text}
    return writer_of(tags, "Latin1", STANDARD)(_EXPLICIT)


async def test_our_gateway_is_there_and_is_not_asked_what_it_does_not_offer() -> None:
    """C-ECHO succeeds; a service whose context was not accepted is told apart from one that fails."""
    async with door(Configuration()) as gateway, asking(gateway.port) as line:
        assert await echo(line) == Status.SUCCESS
        with pytest.raises(NotOffered):
            await anext(find(line, _STUDY_ROOT, study()))


async def test_matches_come_one_by_one_and_the_question_can_be_cancelled() -> None:
    """A peer that would answer for ever is stopped by C-CANCEL, and can be asked again on the same association."""
    is_cancelled = False

    async def for_ever(exchange: Exchange) -> None:
        nonlocal is_cancelled
        for number in count():
            if exchange.cancelled.is_set():
                is_cancelled = True
                await exchange.respond(Status.CANCELLED)
                return
            await exchange.respond(Status.PENDING, data_set=match(number))
            await asyncio.sleep(0)

    async with answering(for_ever) as port, asking(port) as line:
        async with aclosing(find(line, _STUDY_ROOT, study())) as matches:
            found = [await anext(matches) for _ in range(3)]
        assert is_cancelled
        assert [one.transfer_syntax_uid for one in found] == [_EXPLICIT] * 3
        assert b"1.2.2" in found[2].data_set
        assert await echo(line) == Status.SUCCESS


async def test_a_peer_that_refuses_says_why() -> None:
    """The status of the last response is kept; what came before it is not lost."""

    async def refusing(exchange: Exchange) -> None:
        await exchange.respond(Status.PENDING_WITH_WARNING, data_set=match(1))
        await exchange.respond(Status.OUT_OF_RESOURCES)

    async with answering(refusing) as port, asking(port) as line:
        matches = find(line, _STUDY_ROOT, study())
        assert b"1.2.1" in (await anext(matches)).data_set
        with pytest.raises(Failed) as failure:
            await anext(matches)
        assert failure.value.status == Status.OUT_OF_RESOURCES


async def _silent(_: Exchange) -> None:
    await asyncio.Event().wait()


async def _aborting(exchange: Exchange) -> None:
    exchange.association.abort()
    raise Aborted


async def _endless(exchange: Exchange) -> None:
    await exchange.respond(Status.PENDING, data_set=match(1, "x" * (5 * 1024 * 1024)))


@pytest.mark.parametrize(
    ("answer", "patience_seconds"),
    [(_silent, 0.2), (_aborting, _PATIENCE_SECONDS), (_endless, _PATIENCE_SECONDS)],
)
async def test_a_peer_that_misbehaves_is_left(answer: Answer, patience_seconds: float) -> None:
    """Nobody waits for longer than a peer may take, nor for one that has gone, nor keeps as much as it likes."""
    async with answering(answer) as port:
        with pytest.raises(Broken):
            async with asking(port, patience_seconds) as line:
                await anext(find(line, _STUDY_ROOT, study()))


def test_a_connection_that_is_over_is_left_in_peace_on_uvloop() -> None:
    """The services' own event loop has another word for it, which must not become an error of ours."""

    async def ask() -> None:
        async with door(Configuration()) as gateway:
            requestor = await Requestor.open(peer_at(gateway.port), proposals.ECHO)
            await requestor.abort()
            await requestor.release()
            await requestor.abort()
            with pytest.raises(Broken):
                await echo(Conversation(peer_at(gateway.port), requestor))

    uvloop.run(ask())


async def _saying_nothing(exchange: Exchange) -> None:
    while True:
        await exchange.respond(Status.PENDING)
        await asyncio.sleep(0)


async def _for_ever(exchange: Exchange) -> None:
    while not exchange.cancelled.is_set():
        await exchange.respond(Status.PENDING, data_set=match(1, "x" * 1000))
        await asyncio.sleep(0)
    await exchange.respond(Status.CANCELLED)


async def _dawdling(exchange: Exchange) -> None:
    while not exchange.cancelled.is_set():
        await exchange.respond(Status.PENDING, data_set=match(1))
        await asyncio.sleep(0.05)
    await exchange.respond(Status.CANCELLED)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(_saying_nothing, "broken"), (_for_ever, "endless"), (_dawdling, "endless")],
)
async def test_a_peer_that_never_ends_is_stopped(answer: Answer, outcome: str) -> None:
    """Whoever asks is told soon, with little kept, whether nothing, too much, or too slowly is answered."""
    registry = CollectorRegistry()
    finder = replace(
        finder_of(QueryMetrics(registry)),
        room=Room(1_000_000, 100_000),
        longest_seconds=0.3 if answer is _dawdling else 60.0,
    )
    async with answering(answer) as port:
        modality = Modality.model_validate(["THEM", LOOPBACK, port])
        with pytest.raises(RemoteFailed):
            await anything(finder, modality)
    told = registry.get_sample_value("axial_router_finds_total", {"outcome": outcome})
    assert told == 1


async def test_all_answers_together_fit_in_memory() -> None:
    """Who asks while others' answers take all the room is told to come back; it is free again afterwards."""

    async def three(exchange: Exchange) -> None:
        for number in range(3):
            await exchange.respond(Status.PENDING, data_set=match(number, "x" * 1000))
        await exchange.respond(Status.SUCCESS)

    finder = replace(finder_of(QueryMetrics(CollectorRegistry())), room=Room(6_000, 5_000))
    everything = Question(Level.STUDY, {0x0020000D: ""})
    async with answering(three) as port:
        modality = Modality.model_validate(["THEM", LOOPBACK, port])
        async with finder.find(modality, everything) as answers:
            assert len(answers) == 3
            with pytest.raises(Unavailable):
                await anything(finder, modality)
        assert await anything(finder, modality) == 3


@pytest.mark.parametrize("is_there", [True, False])
async def test_pynetdicom_is_asked(is_there: bool) -> None:  # noqa: FBT001
    """A provider that somebody else wrote reads what is asked, and is understood."""
    asked: list[str] = []

    def answer(event: Event) -> Iterator[tuple[int, Dataset | None]]:
        asked.append(str(event.identifier.StudyInstanceUID))
        if is_there:
            yield 0xFF00, event.identifier

    (port,) = free_ports(1)
    entity = AE("THEM")
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    entity.start_server((LOOPBACK, port), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        async with conversation(peer_at(port), proposals.FIND) as line:
            found = [one async for one in find(line, _STUDY_ROOT, study(uid="1.2.840"))]
    finally:
        entity.shutdown()
    assert asked == ["1.2.840"]
    assert [b"1.2.840" in one.data_set for one in found] == [True] * is_there


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Run DCMTK's archive with three instances in it; give its port, and that of somebody whom it may send to."""
    port, destination = free_ports(2)
    (tmp_path / "store").mkdir()
    configuration = tmp_path / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxAssociations = 8\n"
        f"HostTable BEGIN\nthird = (THIRD, localhost, {destination})\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nTHEM {tmp_path / 'store'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    files = []
    for uid in _UIDS:
        file = tmp_path / f"{uid}.dcm"
        file.write_bytes(dicom_file(SOPInstanceUID=uid, PatientName="A", StudyID="1"))
        files.append(str(file))
    server = subprocess.Popen(
        ["/usr/bin/dcmqrscp", "-c", str(configuration)], stderr=subprocess.DEVNULL
    )
    try:
        send = ["/usr/bin/storescu", "-aec", "THEM", LOOPBACK, str(port), *files]
        eventually_sync(
            lambda: not subprocess.run(send, check=False, capture_output=True).returncode
        )
        yield port, destination
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def worklist(tmp_path: Path) -> Iterator[int]:
    """Run DCMTK's worklist with two items; give its port."""
    folder = tmp_path / "THEM"
    folder.mkdir()
    (folder / "lockfile").touch()
    for number, modality in enumerate(("CT", "MR")):
        step = Dataset()
        step.Modality, step.ScheduledProcedureStepStartDate = modality, "20261121"
        step.ScheduledProcedureStepStartTime, step.ScheduledStationAETitle = "0900", "US"
        step.ScheduledProcedureStepID = "1"
        item = dcmread(BytesIO(dicom_file(PatientName="Müller", SpecificCharacterSet="ISO_IR 100")))
        item.ScheduledProcedureStepSequence, item.RequestedProcedureID = [step], str(number)
        item.save_as(folder / f"{number}.wl")
    (port,) = free_ports(1)
    server = subprocess.Popen(
        ["/usr/bin/wlmscpfs", "-dfp", str(tmp_path), "-dfr", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        server.kill()
        server.wait()


@pytest.mark.tools
async def test_dcmtks_worklist_is_asked(worklist: int) -> None:
    """What is asked by items of sequences is found so, and shown with all its items."""
    finder = finder_of(QueryMetrics(CollectorRegistry()))
    query = {
        "PatientName": "Mü*",
        "RequestedProcedureID": "",
        "ScheduledProcedureStepSequence": [{"Modality": "MR", "ScheduledStationAETitle": ""}],
    }

    async def asked() -> list[Json]:
        modality = Modality.model_validate(["THEM", LOOPBACK, worklist])
        keys = read_keys(query, STANDARD)
        async with finder.find_worklist(modality, keys, "", None) as answers:
            return [json.loads(one) for one in answers]

    (item,) = await eventually(asked, retry_on=(RemoteFailed,))
    told = in_format(item, TagFormat.SIMPLIFIED)
    assert (told["PatientName"], told["RequestedProcedureID"]) == ("Müller", "1")
    assert told["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"] == "US"


@pytest.mark.tools
async def test_dcmtks_archive_is_asked_moved_from_and_got_from(archive: tuple[int, int]) -> None:
    """What C-FIND finds is sent to a third party by C-MOVE, and comes to us by C-GET, with the counts told."""
    port, third = archive
    asked = study(uid="1.2")
    taken: dict[str, bytes] = {}

    async def take(association: Association, context: Context, command: Command) -> Received:
        pieces = [piece async for piece in association.data_set(context)]
        taken[command.sop_instance_uid] = b"".join(pieces)
        is_last = len(taken) == len(_UIDS)
        return Received(Status.OUT_OF_RESOURCES if is_last else Status.SUCCESS)

    async with conversation(peer_at(port), proposals.FIND) as line:
        found = [one async for one in find(line, _STUDY_ROOT, asked)]
    assert [b"1.2" in one.data_set for one in found] == [True]

    accepts = [(CT_IMAGE_STORAGE, [_EXPLICIT])]
    with listening(Destination(accepts), "THIRD", third) as destination:
        async with conversation(peer_at(port), proposals.MOVE) as line:
            steps = [step async for step in move(line, MOVE_CLASSES[1], "THIRD", asked)]
            nobody = [step async for step in move(line, MOVE_CLASSES[1], "NOBODY", asked)]
        assert sorted(one.sop_instance_uid for one in destination.received) == sorted(_UIDS)
    assert (steps[-1].status, steps[-1].counts.completed) == (Status.SUCCESS, 3)
    assert [step.counts.completed for step in steps[:-1]] == [1, 2, 3][: len(steps) - 1]
    assert [step.status for step in nobody] == [Status.MOVE_DESTINATION_UNKNOWN]

    contexts = proposals.get([CT_IMAGE_STORAGE], [_EXPLICIT])
    async with conversation(peer_at(port), contexts) as line:
        steps = [step async for step in get(line, GET_CLASSES[1], asked, take)]
    assert sorted(taken) == sorted(_UIDS)
    file = dicom_file(SOPInstanceUID=_UIDS[0], PatientName="A", StudyID="1")
    assert file.endswith(taken[_UIDS[0]])
    assert (steps[-1].counts.completed, steps[-1].counts.failed) == (2, 1)
    assert steps[-1].status != Status.SUCCESS


@pytest.mark.tools
async def test_a_get_waits_for_ingest_but_not_for_ever(
    archive: tuple[int, int], parts: Parts
) -> None:
    """While ingest is away the job is given back to go on later; at last it fails with what the archive says."""
    modality = Modality.model_validate(["THEM", LOOPBACK, archive[0]])
    command = command_of_request(Level.STUDY, {0x0020000D: "1.2"})
    wish = Wish(modality, Method.GET, "", "US", 5, [command], TagFormat.SHORT)
    work = JobHand(wish.parameters(is_permissive=False), wish.content(STANDARD))
    getting = GetJobs(remotes(), parts.ingest, parts.index, lambda: parts.runtime.settings)
    for _ in range(5):
        with pytest.raises(Unavailable):
            await getting.run(work)
    with pytest.raises(JobFailed) as failure:
        await getting.run(work)
    assert isinstance(failure.value.error, RemoteFailed)
    assert work.content["Details"][0]["DimseErrorStatus"] not in {Status.SUCCESS, Status.PENDING}
