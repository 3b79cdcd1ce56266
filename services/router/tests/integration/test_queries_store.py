"""Queries in Postgres, and retrievals that go on where they were."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
from nats.aio.client import Client
from support.gateway import door
from support.job_hand import JobHand

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.charsets import LATIN1
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import BadParameter, MoveUnavailable, NotFound, RemoteFailed
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.move_news import FIRST_MESSAGE_ID, MoveNews
from axial.common.nats import open_nats
from axial.common.orthanc_tags import TagFormat
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Element, Field
from axial.dimse.messages.identifiers import read_identifier
from axial.dimse.messages.status import Status
from axial.dimse.reaching import Reach
from axial.router.jobs.kind import JobFailed
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.parts import Parts
from axial.router.queries.finding import Question
from axial.router.queries.routes import query_routes
from axial.router.queries.store import QueryStore
from axial.router.retrieval.moving import MoveJobs
from axial.router.retrieval.numbers import MoveNumbers
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method, Wish, command_of_request, in_full

pytestmark = pytest.mark.integration

_STUDY = 0x0020000D

OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]
Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


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
    answer = json.dumps(in_full({_STUDY: "1.2"}, STANDARD))
    await asyncio.gather(*(one.add("archive", question, [answer]) for one in stores * 5))
    assert len(await stores[0].all()) == 3


async def test_answers_are_kept_in_their_order_whatever_is_in_them(parts: Parts) -> None:
    """Thousands of answers come back as they were, one by one and together; beyond them there is none."""
    store = QueryStore(parts.pool, 10)
    answers = [in_full({_STUDY: f"1.{n}", 0x00100010: "\0Ü😀"}, STANDARD) for n in range(2100)]
    texts = [json.dumps(answer) for answer in answers]
    made = await store.add("archive", Question(Level.STUDY, {}), texts)
    query = await store.find(str(made))
    assert query.answers == 2100
    assert [answer async for answer in store.answers(query)] == answers
    assert await store.answer(query, 2099) == answers[2099]
    for place in (-1, 2100, 10**18):
        with pytest.raises(BadParameter):
            await store.answer(query, place)
    with pytest.raises(NotFound):
        await store.find(str(made).upper())
    reading = store.answers(query)
    assert await anext(reading) == answers[0]
    await store.delete(str(made))
    with pytest.raises(NotFound):
        _ = [answer async for answer in reading]


@pytest.mark.parametrize("count", [0, 2, 2100])
async def test_long_lists_of_answers_are_told_like_short_ones(
    parts: Parts, asking: Asking, count: int
) -> None:
    """However many there are, they are one JSON list in their order, told piece by piece when it is long."""
    store = QueryStore(parts.pool, 10)
    name = "Ü" * 64
    answers = [in_full({_STUDY: f"1.{n}", 0x00100010: name}, STANDARD) for n in range(count)]
    made = await store.add("a", Question(Level.STUDY, {}), list(map(json.dumps, answers)))
    async with asking(query_routes(store, STANDARD)) as client:
        told = await client.get(f"/queries/{made}/answers?expand")
        assert told.headers["Content-Type"] == "application/json; charset=utf-8"
        assert told.json() == answers
        simple = (await client.get(f"/queries/{made}/answers?expand&simplify")).json()
        assert [one["StudyInstanceUID"] for one in simple] == [f"1.{n}" for n in range(count)]


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


def hand(modality: Modality, *, is_permissive: bool) -> JobHand:
    """Take a job in hand that retrieves three studies, the second of which is not there."""
    commands = [command_of_request(Level.STUDY, {_STUDY: uid}) for uid in ("1.0", "1.1", "1.2")]
    wish = Wish(modality, Method.MOVE, "US", "US", 5, commands, TagFormat.SIMPLIFIED)
    return JobHand(wish.parameters(is_permissive=is_permissive), wish.content(STANDARD))


def kind(parts: Parts, modality: Modality, news: MoveNews | None = None) -> MoveJobs:
    """Make the kind of job that moves."""

    async def known() -> dict[str, Modality]:
        return {"archive": modality}

    remotes = Remotes(known, Reach("US", 5.0, None), STANDARD, lambda: "Latin1")
    return MoveJobs(remotes, MoveNumbers(parts.pool), news or parts.move_news, parts.index)


async def test_a_job_fails_at_what_the_archive_refuses_unless_it_is_permissive(
    parts: Parts,
) -> None:
    """The status is kept beside the command; a permissive job goes on, and on the same association."""
    shelf = Shelf()
    async with archive(shelf.move) as modality:
        work = hand(modality, is_permissive=False)
        with pytest.raises(JobFailed) as failure:
            await kind(parts, modality).run(work)
        assert isinstance(failure.value.error, RemoteFailed)
        assert "0xA801" in failure.value.error.message
        assert failure.value.payload == work.content["Details"]
        assert [one["DimseErrorStatus"] for one in work.content["Details"]] == [0, 0xA801, 0]
        work = hand(modality, is_permissive=True)
        await kind(parts, modality).run(work)
    assert shelf.asked == ["1.0", "1.1", "1.0", "1.1", "1.2"]
    assert work.progress[-1] == 1.0
    assert [one["DimseErrorStatus"] for one in work.content["Details"]] == [0, 0xA801, 0]
    assert work.content["Query"][2] == {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}


async def test_another_replica_goes_on_behind_the_commands_that_are_done(parts: Parts) -> None:
    """A command that was done before the process died is not asked for again."""
    shelf = Shelf()
    async with archive(shelf.move) as modality:
        work = hand(modality, is_permissive=False)
        work.state = {"done": 2}
        await kind(parts, modality).run(work)
    assert shelf.asked == ["1.2"]


async def test_a_retrieval_goes_on_through_a_restart(parts: Parts, open_parts: OpenParts) -> None:
    """What was moved is not asked for again; the command that the restart has cut short is, as a whole."""
    shelf, is_sending = Shelf(), asyncio.Event()

    async def move(exchange: Exchange) -> None:
        if len(shelf.asked) == 1 and not is_sending.is_set():
            is_sending.set()
            await asyncio.Event().wait()
        await shelf.move(exchange)

    async with archive(move) as modality:
        work = hand(modality, is_permissive=True)
        stores = prepare_jobs(parts)
        async with open_jobs(parts, stores, [kind(parts, modality)]):
            job = await stores.jobs.submit("DicomMoveScu", work.parameters, work.content)
            await is_sending.wait()
        assert shelf.asked == ["1.0"]
        async with open_parts() as others:
            stores = prepare_jobs(others)
            async with open_jobs(others, stores, [kind(others, modality)]):
                content = await stores.jobs.finished(job)
    assert shelf.asked == ["1.0", "1.1", "1.2"]
    assert [one["DimseErrorStatus"] for one in content["Details"]] == [0, 0xA801, 0]


@dataclass
class Sending(Shelf):
    """An archive that sends two instances of each study, in whose gateway they are told."""

    news: MoveNews | None = None
    numbers: list[int] = field(default_factory=list)

    async def move(self, exchange: Exchange) -> None:
        """Send them one after the other, and say at once that it was all."""
        assert self.news is not None
        number, aet = exchange.command.message_id, exchange.association.agreement.calling_aet
        self.numbers.append(number)
        await self.news.tell(aet, number, f"{number}-0")
        await exchange.respond(Status.PENDING, {Element.REMAINING_SUBOPERATIONS: 1})
        for instance in ("0", "1"):
            await self.news.tell(aet, number, f"{number}-{instance}")
        await self.news.tell("OTHER", number, "another's")
        await super().move(exchange)


async def test_what_arrives_by_a_move_is_told_by_its_job(
    parts: Parts, nats: Client, nats_url: str
) -> None:
    """Each command tells what came by it, once, also one that fails; not what came by others at the same time."""
    async with open_nats(nats_url, "gateway") as gateway:
        shelf = Sending(news=MoveNews(gateway, "us"))
        async with archive(shelf.move) as modality:
            works = [hand(modality, is_permissive=True) for _ in range(3)]
            moving = kind(parts, modality, MoveNews(nats, "us"))
            await asyncio.gather(*map(moving.run, works))
    told = [one["ReceivedInstancesIds"] for work in works for one in work.content["Details"]]
    assert sorted(told) == sorted([f"{number}-0", f"{number}-1"] for number in shelf.numbers)
    assert len(set(shelf.numbers)) == 9
    assert min(shelf.numbers) >= FIRST_MESSAGE_ID


async def test_a_move_of_somebody_elses_is_told_nobody(nats: Client) -> None:
    """Numbers below ours, and instances without one, are not worth a word."""
    news = MoveNews(nats, "us")
    async with news.listening("US", 7) as arrivals:
        await news.tell("US", 7, "x")
        await news.tell("", FIRST_MESSAGE_ID, "x")
        assert not await arrivals.take(all_told=True)


async def test_moves_go_on_while_nobody_can_hear(parts: Parts, nats_url: str) -> None:
    """Without NATS a retrieval succeeds; what came by it is not told."""
    async with open_nats(nats_url, "gone") as gone:
        pass
    shelf = Sending(news=MoveNews(gone, "us"))
    async with archive(shelf.move) as modality:
        work = hand(modality, is_permissive=True)
        await kind(parts, modality, MoveNews(gone, "us")).run(work)
    assert work.progress[-1] == 1.0
    assert not any(one["ReceivedInstancesIds"] for one in work.content["Details"])


class Stopped(Exception):
    """Nobody wants the job any more."""


class StoppedHand(JobHand):
    """A job that is stopped as soon as something of it is done."""

    async def step(self, progress: float) -> None:  # noqa: ARG002
        """Have it end."""
        raise Stopped


async def test_a_job_that_is_stopped_cancels_what_the_archive_is_doing(parts: Parts) -> None:
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
            await kind(parts, modality).run(StoppedHand(made.parameters, made.content))
        assert is_cancelled.is_set()


async def test_an_archive_that_cannot_be_asked_is_told_as_such(parts: Parts) -> None:
    """One that is away, and one that does not offer C-MOVE, fail the job with Orthanc's errors."""
    away = Modality.model_validate(["ARCHIVE", LOOPBACK, free_ports(1)[0]])
    with pytest.raises(JobFailed) as failure:
        await kind(parts, away).run(hand(away, is_permissive=False))
    assert failure.value.error.message.startswith("DicomAssociation - connecting to AET")
    async with door(Configuration()) as gateway:
        deaf = Modality.model_validate(["ARCHIVE", LOOPBACK, gateway.port])
        with pytest.raises(JobFailed) as failure:
            await kind(parts, deaf).run(hand(deaf, is_permissive=False))
    assert isinstance(failure.value.error, MoveUnavailable)
