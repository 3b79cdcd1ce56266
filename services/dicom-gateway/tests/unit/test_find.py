"""C-FIND with an index that answers, is cancelled, refuses, or goes away."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from axial.common.dictionary import STANDARD
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.dicom_gateway.index_client import IndexClient
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.find import Find
from axial.dimse.messages.commands import Command, Element, Field, decode
from axial.dimse.messages.elements import ElementWriter, Written
from axial.dimse.messages.repertoires import UTF_8
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Context

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
Answer = Callable[[httpx2.Request], httpx2.Response]


class Peer:
    """Keeps the responses; may act on each, as a peer does that hears it."""

    def __init__(self) -> None:
        self.responses: list[tuple[int, str]] = []
        self.data_sets: list[bytes] = []
        self.on_response: Callable[[], None] = lambda: None

    async def send_command(self, _context: Context, raw: bytes) -> None:
        """Hear a response."""
        told = decode(raw).elements
        self.responses.append((int(told[Element.STATUS]), str(told.get(Element.ERROR_COMMENT, ""))))
        self.on_response()

    async def send_data_set(self, _context: Context, raw: bytes) -> None:
        """Hear an answer."""
        self.data_sets.append(raw)

    @property
    def statuses(self) -> list[int]:
        """Tell what was heard."""
        return [status for status, _ in self.responses]


def lines(*told: object) -> bytes:
    """Write what the index answers."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


def matches(*names: str) -> dict[str, object]:
    """Make a page of matches."""
    return {"matches": [{"0010,0020": name} for name in names]}


@pytest.fixture
def peer() -> Peer:
    """Give a peer that listens."""
    return Peer()


@pytest.fixture
def exchange(peer: Peer) -> Exchange:
    """Give a question for patients at the level STUDY."""
    identifier = ElementWriter(EXPLICIT_VR_LITTLE_ENDIAN).data_set(
        [Written(0x00080052, "CS", "STUDY"), Written(0x00100020, "LO", "A*")], UTF_8
    )
    command = Command(
        Field.C_FIND_RQ,
        {Element.MESSAGE_ID: 7, Element.AFFECTED_SOP_CLASS_UID: STUDY_ROOT_FIND},
    )
    context = Context(1, STUDY_ROOT_FIND, EXPLICIT_VR_LITTLE_ENDIAN)
    return Exchange(cast("Association", peer), context, command, identifier)


async def ask(exchange: Exchange, answer: Answer) -> CollectorRegistry:
    """Carry out a C-FIND with an index that answers so."""
    registry = CollectorRegistry()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        index = IndexClient(client, "http://index", SecretStr("token"))
        find = Find(index, "AXIAL", STANDARD, lambda: "Latin1", GatewayMetrics(registry))
        await find.run(exchange)
    return registry


async def test_matches(exchange: Exchange, peer: Peer) -> None:
    """Each match is a pending response with a data set; the last response has success and none."""
    asked: list[object] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        assert request.headers["Authorization"] == "Bearer token"
        return httpx2.Response(
            200, content=lines(matches("A1", "A2"), matches("A3"), {"complete": True})
        )

    registry = await ask(exchange, answer)
    assert peer.statuses == [Status.PENDING] * 3 + [Status.SUCCESS]
    assert [b"A1" in raw for raw in peer.data_sets] == [True, False, False]
    assert asked == [
        {"level": "studies", "keys": {"0010,0020": "A*"}, "items": {}, "tell": ["0010,0020"]}
    ]
    labels = {"operation": "c-find", "status": "0x0000"}
    assert registry.get_sample_value("axial_dicom_operations_total", labels) == 1


async def test_more_than_allowed(exchange: Exchange, peer: Peer) -> None:
    """A find that is cut at its limit ends as in Orthanc: with the status of a cancelled one."""
    content = lines(matches("A1"), {"complete": False})
    await ask(exchange, lambda _: httpx2.Response(200, content=content))
    assert peer.responses[-1] == (Status.CANCELLED, "Too many matches")


async def test_cancelled_between_answers(exchange: Exchange, peer: Peer) -> None:
    """After a cancellation no further match is sent."""

    def cancel() -> None:
        if len(peer.responses) == 2:
            exchange.cancelled.set()

    peer.on_response = cancel
    content = lines(matches("A1", "A2", "A3"), {"complete": True})
    await ask(exchange, lambda _: httpx2.Response(200, content=content))
    assert peer.statuses == [Status.PENDING] * 2 + [Status.CANCELLED]
    assert len(peer.data_sets) == 2


async def test_cancelled_while_the_index_searches(exchange: Exchange, peer: Peer) -> None:
    """A cancellation is heeded while nothing is found yet, and the search is given up."""
    given_up = asyncio.Event()

    async def searching() -> AsyncIterator[bytes]:
        yield lines(matches("A1"))
        exchange.cancelled.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    async with asyncio.timeout(10):
        await ask(exchange, lambda _: httpx2.Response(200, content=searching()))
    assert peer.statuses[-1] == Status.CANCELLED
    assert given_up.is_set()


async def test_a_slow_peer(exchange: Exchange, peer: Peer) -> None:
    """No more is taken from the index than the peer has been sent: many matches need no memory."""
    taken = 0
    ahead = []

    async def searching() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield lines(matches("A1"))
        yield lines({"complete": True})

    peer.on_response = lambda: ahead.append(taken - len(peer.responses))
    await ask(exchange, lambda _: httpx2.Response(200, content=searching()))
    assert len(peer.data_sets) == 50
    assert max(ahead) <= 1


async def test_the_association_ends(exchange: Exchange, peer: Peer) -> None:
    """When the peer is gone the search is given up."""
    begun, given_up = asyncio.Event(), asyncio.Event()

    async def searching() -> AsyncIterator[bytes]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        yield b""

    asking = asyncio.create_task(ask(exchange, lambda _: httpx2.Response(200, content=searching())))
    async with asyncio.timeout(10):
        await begun.wait()
        asking.cancel()
        await asyncio.wait({asking})
    assert given_up.is_set()
    assert not peer.responses


def _away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [
        (_away, [Status.OUT_OF_RESOURCES]),
        (lambda _: httpx2.Response(503), [Status.OUT_OF_RESOURCES]),
        (
            lambda _: httpx2.Response(200, content=lines(matches("A1"))),
            [Status.PENDING, Status.OUT_OF_RESOURCES],
        ),
        (
            lambda _: httpx2.Response(400, json={"Details": "Wildcards are not allowed"}),
            [Status.CANNOT_UNDERSTAND],
        ),
        (lambda _: httpx2.Response(400, content=b"no JSON"), [Status.CANNOT_UNDERSTAND]),
    ],
)
async def test_no_answer(
    exchange: Exchange, peer: Peer, answer: Answer, statuses: list[Status]
) -> None:
    """An index that is away, or goes away meanwhile, and one that refuses are told apart."""
    await ask(exchange, answer)
    assert peer.statuses == statuses


async def test_no_level(exchange: Exchange, peer: Peer) -> None:
    """An identifier without a level does not match its SOP class; the index is not asked."""
    exchange.identifier = b""
    await ask(exchange, _away)
    assert peer.statuses == [Status.DOES_NOT_MATCH_SOP_CLASS]
    assert not peer.data_sets


async def test_what_is_not_looked_at(exchange: Exchange, peer: Peer) -> None:
    """Answers to a question of which something is not looked at say so."""
    exchange.identifier += b"\x42\x00\x11\x00OB\0\0\x02\0\0\0xx"
    content = lines(matches("A1"), {"complete": True})
    await ask(exchange, lambda _: httpx2.Response(200, content=content))
    assert peer.statuses == [Status.PENDING_WITH_WARNING, Status.SUCCESS]
