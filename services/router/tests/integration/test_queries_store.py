"""Queries in Postgres, and retrievals that go on where they were."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.gateway import door

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.charsets import LATIN1
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import BadParameter, MoveUnavailable, NotFound, RemoteFailed
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_tags import TagFormat
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Element, Field
from axial.dimse.messages.identifiers import read_identifier
from axial.dimse.messages.status import Status
from axial.dimse.reaching import Reach
from axial.router.jobs.kind import JobFailed
from axial.router.parts import Parts
from axial.router.queries.finding import Question
from axial.router.queries.store import QueryStore
from axial.router.retrieval.moving import MoveJobs
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method, Wish, command_of_request, in_full

pytestmark = pytest.mark.integration

_STUDY = 0x0020000D


async def test_the_queries_that_were_not_used_for_longest_are_forgotten(parts: Parts) -> None:
    """As many are kept as may be, by all replicas together; looking at one uses it."""
    store, other = QueryStore(parts.pool, 2), QueryStore(parts.pool, 2)
    question = Question(Level.STUDY, {_STUDY: "1.2"}, normalize=False, local_aet="US", timeout=7)
    first = await store.add("archive", question, [])
    second = await other.add("archive", question, [])
    assert (await other.find(str(first))).question == question
    third = await store.add("archive", question, [])
    assert await other.all() == sorted(map(str, (first, third)))
    with pytest.raises(NotFound):
        await store.find(str(second))
    await store.delete(str(third))
    assert await other.all() == [str(first)]


async def test_no_more_are_kept_when_many_are_asked_at_once(parts: Parts) -> None:
    """Replicas that keep queries at the same moment forget as many as one after the other would."""
    stores = [QueryStore(parts.pool, 3) for _ in range(4)]
    question = Question(Level.STUDY, {})
    answer = in_full({_STUDY: "1.2"}, STANDARD)
    await asyncio.gather(*(one.add("archive", question, [answer]) for one in stores * 5))
    assert len(await stores[0].all()) == 3


async def test_answers_are_kept_in_their_order_whatever_is_in_them(parts: Parts) -> None:
    """Thousands of answers come back as they were, one by one and together; beyond them there is none."""
    store = QueryStore(parts.pool, 10)
    answers = [in_full({_STUDY: f"1.{n}", 0x00100010: "\0Ü😀"}, STANDARD) for n in range(2100)]
    made = await store.add("archive", Question(Level.STUDY, {}), answers)
    query = await store.find(str(made))
    assert query.answers == 2100
    assert await store.answers(query) == answers
    assert await store.answer(query, 2099) == answers[2099]
    for place in (-1, 2100, 10**18):
        with pytest.raises(BadParameter):
            await store.answer(query, place)
    with pytest.raises(NotFound):
        await store.find(str(made).upper())


@dataclass
class Hand:
    """A job in hand, as a kind sees it."""

    parameters: dict[str, Any]
    content: dict[str, Any]
    id: str = "job"
    state: dict[str, Any] = field(default_factory=dict)
    progress: list[float] = field(default_factory=list)

    async def step(self, progress: float) -> None:
        """Note how far it is."""
        self.progress.append(progress)

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Have no output."""
        raise NotImplementedError


@asynccontextmanager
async def archive(move: Callable[[Exchange], Awaitable[None]]) -> AsyncIterator[Modality]:
    """Let an archive listen that carries out C-MOVE so."""
    everything = Configuration(dicom_always_allow_move=True)
    async with door(everything, operations={Field.C_MOVE_RQ: move}) as gateway:
        yield Modality.model_validate(["ARCHIVE", LOOPBACK, gateway.port])


@dataclass
class Shelf:
    """An archive's knowledge: it has everything but `1.1`."""

    asked: list[str] = field(default_factory=list)

    async def move(self, exchange: Exchange) -> None:
        """Say that it was moved."""
        syntax = exchange.context.transfer_syntax
        identifier = read_identifier(exchange.identifier, syntax, STANDARD, LATIN1)
        (uid,) = (key.text for key in identifier.keys if key.tag == _STUDY)
        self.asked.append(uid)
        missing = uid == "1.1"
        await exchange.respond(Status.MOVE_DESTINATION_UNKNOWN if missing else Status.SUCCESS)


def hand(modality: Modality, *, is_permissive: bool) -> Hand:
    """Take a job in hand that retrieves three studies, the second of which is not there."""
    commands = [command_of_request(Level.STUDY, {_STUDY: uid}) for uid in ("1.0", "1.1", "1.2")]
    wish = Wish(modality, Method.MOVE, "US", "US", 5, commands, TagFormat.SIMPLIFIED)
    return Hand(wish.parameters(is_permissive=is_permissive), wish.content(STANDARD))


def kind(modality: Modality) -> MoveJobs:
    """Make the kind of job that moves."""

    async def known() -> dict[str, Modality]:
        return {"archive": modality}

    return MoveJobs(Remotes(known, Reach("US", 5.0, None), STANDARD, lambda: "Latin1"))


async def test_a_job_fails_at_what_the_archive_refuses_unless_it_is_permissive() -> None:
    """The status is kept beside the command; a permissive job goes on, and on the same association."""
    shelf = Shelf()
    async with archive(shelf.move) as modality:
        work = hand(modality, is_permissive=False)
        with pytest.raises(JobFailed) as failure:
            await kind(modality).run(work)
        assert isinstance(failure.value.error, RemoteFailed)
        assert "0xA801" in failure.value.error.message
        assert failure.value.payload == work.content["Details"]
        assert [one["DimseErrorStatus"] for one in work.content["Details"]] == [0, 0xA801, 0]
        work = hand(modality, is_permissive=True)
        await kind(modality).run(work)
    assert shelf.asked == ["1.0", "1.1", "1.0", "1.1", "1.2"]
    assert work.progress[-1] == 1.0
    assert [one["DimseErrorStatus"] for one in work.content["Details"]] == [0, 0xA801, 0]
    assert work.content["Query"][2] == {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}


async def test_another_replica_goes_on_behind_the_commands_that_are_done() -> None:
    """A command that was done before the process died is not asked for again."""
    shelf = Shelf()
    async with archive(shelf.move) as modality:
        work = hand(modality, is_permissive=False)
        work.state = {"done": 2}
        await kind(modality).run(work)
    assert shelf.asked == ["1.2"]


class Stopped(Exception):
    """Nobody wants the job any more."""


class StoppedHand(Hand):
    """A job that is stopped as soon as something of it is done."""

    async def step(self, progress: float) -> None:  # noqa: ARG002
        """Have it end."""
        raise Stopped


async def test_a_job_that_is_stopped_cancels_what_the_archive_is_doing() -> None:
    """The archive hears of it by C-CANCEL, and does not go on sending to a third party."""
    is_cancelled = asyncio.Event()

    async def endless(exchange: Exchange) -> None:
        while not exchange.cancelled.is_set():
            await exchange.respond(Status.PENDING, {Element.REMAINING_SUBOPERATIONS: 9})
            await asyncio.sleep(0)
        is_cancelled.set()
        await exchange.respond(Status.CANCELLED)

    async with archive(endless) as modality:
        made = hand(modality, is_permissive=True)
        with pytest.raises(Stopped):
            await kind(modality).run(StoppedHand(made.parameters, made.content))
        assert is_cancelled.is_set()


async def test_an_archive_that_cannot_be_asked_is_told_as_such() -> None:
    """One that is away, and one that does not offer C-MOVE, fail the job with Orthanc's errors."""
    away = Modality.model_validate(["ARCHIVE", LOOPBACK, free_ports(1)[0]])
    with pytest.raises(JobFailed) as failure:
        await kind(away).run(hand(away, is_permissive=False))
    assert failure.value.error.message.startswith("DicomAssociation - connecting to AET")
    async with door(Configuration()) as gateway:
        deaf = Modality.model_validate(["ARCHIVE", LOOPBACK, gateway.port])
        with pytest.raises(JobFailed) as failure:
            await kind(deaf).run(hand(deaf, is_permissive=False))
    assert isinstance(failure.value.error, MoveUnavailable)
