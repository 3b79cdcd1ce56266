"""HTTP/1.1 as one connection of the S3 client speaks it, byte by byte."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.http.connection import Connection, ConnectionLost

pytestmark = pytest.mark.unit

REQUEST = b"GET / HTTP/1.1\r\n\r\n"


class Transport(asyncio.Transport):
    """The other end, which a test plays."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.unsent_bytes = 0
        self.aborted = False
        self.paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Note what is sent."""
        self.written += data

    def get_write_buffer_size(self) -> int:
        """Say how much is still to be sent."""
        return self.unsent_bytes

    def abort(self) -> None:
        """Note the end."""
        self.aborted = True

    def pause_reading(self) -> None:
        """Note that no more is wanted for now."""
        self.paused = True

    def resume_reading(self) -> None:
        """Note that more is wanted."""
        self.paused = False


class Exchange:
    """A connection to a played server."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.connection = Connection()
        self.connection.connection_made(self.transport)

    async def answer(
        self, *pieces: bytes, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request, receive the answer in pieces, and return it whole."""
        task = asyncio.create_task(self._ask(method))
        for piece in pieces:
            await asyncio.sleep(0)
            if not self.transport.aborted:
                self.connection.data_received(piece)
        return await asyncio.wait_for(task, 1)

    async def _ask(self, method: str) -> tuple[int, dict[str, str], bytes]:
        head = await self.connection.request(method, REQUEST)
        return head.status, dict(head.headers), await self.connection.rest()


WITH_LENGTH = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"


@given(answer=st.sampled_from([WITH_LENGTH, CHUNKED]), cuts=st.lists(st.integers(0, 80)))
async def test_an_answer_may_come_in_any_pieces(answer: bytes, cuts: list[int]) -> None:
    """Networks cut where they like; afterwards the connection serves the next request."""
    exchange = Exchange()
    ends = [*sorted({cut for cut in cuts if 0 < cut < len(answer)}), len(answer)]
    pieces = [answer[start:end] for start, end in itertools.pairwise([0, *ends])]
    for _ in range(2):
        status, _, content = await exchange.answer(*pieces)
        assert (status, content) == (200, b"hello")
        assert exchange.connection.reusable


async def test_headers_have_lower_case_names() -> None:
    """Servers write them as they like."""
    _, headers, _ = await Exchange().answer(WITH_LENGTH)
    assert headers == {"etag": "x", "content-length": "5"}


async def test_the_answer_to_head_has_no_body() -> None:
    """It states the length of what a GET would bring, and the next answer follows at once."""
    exchange = Exchange()
    head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 254\r\n\r\n"
    assert (await exchange.answer(head, method="HEAD"))[0] == 404
    assert exchange.connection.reusable
    assert (await exchange.answer(WITH_LENGTH))[2] == b"hello"


async def test_informational_answers_are_passed_over() -> None:
    """`100 Continue` may come unasked, before the real answer."""
    exchange = Exchange()
    answer = await exchange.answer(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n" + WITH_LENGTH)
    assert answer == (200, {"etag": "x", "content-length": "5"}, b"hello")


@pytest.mark.parametrize(
    "pieces",
    [
        (b"SSH-2.0-OpenSSH\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",),
    ],
)
async def test_what_is_not_one_answer_ends_the_connection(pieces: tuple[bytes, ...]) -> None:
    """Bytes that cannot be told apart are never taken for the next answer."""
    exchange = Exchange()
    with pytest.raises(ConnectionLost):
        await exchange.answer(*pieces)
    assert exchange.transport.aborted
    assert not exchange.connection.reusable


async def test_headers_behind_an_answer_are_none_of_its_own() -> None:
    """What a body is followed by does not change what its head has said."""
    trailed = CHUNKED.removesuffix(b"\r\n") + b"ETag: late\r\n\r\n"
    _, headers, content = await Exchange().answer(trailed)
    assert (headers, content) == ({"transfer-encoding": "chunked"}, b"hello")


async def test_a_head_without_an_end_ends_the_connection() -> None:
    """Whoever writes headers for ever fills nobody's memory."""
    exchange = Exchange()
    lines = b"X-More: " + b"x" * 65_536
    with pytest.raises(ConnectionLost):
        await exchange.answer(b"HTTP/1.1 200 OK\r\n", lines, lines, lines, lines, lines)
    assert exchange.transport.aborted


async def test_a_second_answer_at_once_is_not_mixed_into_the_first() -> None:
    """The first is given, and the connection, which is out of step, is closed."""
    exchange = Exchange()
    _, _, content = await exchange.answer(WITH_LENGTH + CHUNKED)
    assert content == b"hello"
    assert exchange.transport.aborted
    assert not exchange.connection.reusable


async def test_bytes_nobody_asked_for_end_the_connection() -> None:
    """An answer after the answer is not the next request's."""
    exchange = Exchange()
    await exchange.answer(WITH_LENGTH)
    exchange.connection.data_received(WITH_LENGTH)
    assert exchange.transport.aborted
    assert not exchange.connection.reusable


async def test_a_lost_connection_is_told_to_who_waits() -> None:
    """Before the answer, within it, and when the next request is sent."""
    for received in (b"", WITH_LENGTH[:10], WITH_LENGTH[:-1]):
        exchange = Exchange()
        task = asyncio.create_task(exchange.answer())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if received:
            exchange.connection.data_received(received)
        exchange.connection.connection_lost(None)
        with pytest.raises(ConnectionLost):
            await task
        with pytest.raises(ConnectionLost):
            await exchange.answer()


async def test_a_server_that_closes_is_not_asked_again() -> None:
    """`Connection: close`, HTTP/1.0, or an answer that came before all was sent."""
    for head in (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b"HTTP/1.0 200 OK\r\n"):
        exchange = Exchange()
        await exchange.answer(head + b"Content-Length: 0\r\n\r\n")
        assert not exchange.connection.reusable
    exchange = Exchange()
    exchange.transport.unsent_bytes = 1
    await exchange.answer(WITH_LENGTH)
    assert not exchange.connection.reusable


async def test_a_slow_reader_slows_the_server() -> None:
    """A large blob waits in the server, not here; reading goes on as chunks are taken."""
    exchange = Exchange()
    task = asyncio.create_task(exchange.connection.request("GET", REQUEST))
    await asyncio.sleep(0)
    chunks, chunk = 32, b"x" * 65_536
    exchange.connection.data_received(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (chunks * len(chunk))
    )
    await task
    sent = 0
    while not exchange.transport.paused:
        exchange.connection.data_received(chunk)
        sent += 1
    assert sent < chunks
    received = 0
    while exchange.transport.paused:
        received += len(await exchange.connection.chunk())
    for _ in range(sent, chunks):
        exchange.connection.data_received(chunk)
    assert received + len(await exchange.connection.rest()) == chunks * len(chunk)
    assert exchange.connection.reusable


async def test_the_last_words_of_a_server_are_heard() -> None:
    """It refuses a body in its middle, and hangs up at once: its answer counts."""
    exchange = Exchange()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        exchange.connection.pause_writing()
        yield b"two"

    request = b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n"
    sent = exchange.connection.stream("POST", request, pieces(), chunked=False)
    task = asyncio.create_task(sent)
    await asyncio.sleep(0)
    exchange.connection.data_received(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")
    exchange.connection.connection_lost(None)
    assert (await asyncio.wait_for(task, 1)).status == 413
    assert exchange.transport.written == request + b"one"
    assert not exchange.connection.reusable
