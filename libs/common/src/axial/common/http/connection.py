"""One persistent HTTP/1.1 connection of a client: a request, its answer, the next request.

Little more than `httptools` on an asyncio transport: a client library's own work for each request
was most of the cost of storing a small blob (decision 0007).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import cast

import httptools

# Read ahead of a slow consumer no more than this; a few of the event loop's reads (256 KiB at most).
_READ_AHEAD_BYTES = 1024 * 1024

# Caddy and nginx answer with a tenth of it. Counted by the event loop's reads, so it may be one more of them.
_HEAD_BYTES = 256 * 1024

_INFORMATIONAL = range(100, 200)


class ConnectionLost(ConnectionError):
    """The other side closed the connection, or spoke something other than HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """The start of an answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]


class Connection(asyncio.Protocol):
    """A connection that one request at a time may use.

    After any error, a time-out or a cancellation within an exchange it must be aborted.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._changed: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._head: Head | None = None
        self._before_head_bytes = 0
        self._headers: dict[str, str] = {}
        self._chunks: deque[bytes] = deque()
        self._buffered_bytes = 0
        self._paused = False
        self._bodiless = False
        self._complete = True
        self._keep_alive = True
        self._full = False
        #: When the last exchange ended, by the loop's clock.
        self.idle_since_seconds = 0.0

    @property
    def reusable(self) -> bool:
        """Whether another request may follow: the answer was read whole, and nobody hung up."""
        return (
            self._error is None
            and self._complete
            and self._keep_alive
            and not self._chunks
            # An answer that came before the end of the request leaves the rest of it unsent.
            and self._transport.get_write_buffer_size() == 0
        )

    async def request(self, method: str, head: bytes, body: bytes | memoryview = b"") -> Head:
        """Send a request and wait for the start of its answer; set a time-out around it."""
        self._begin(method)
        # Together, not joined: a body of half a megabyte need not be copied.
        self._transport.writelines((head, body) if body else (head,))
        return await self._answer()

    async def stream(
        self, method: str, head: bytes, pieces: AsyncIterator[bytes], *, chunked: bool = True
    ) -> Head:
        """Send a request with a body in pieces, as fast as it is taken, and wait for its answer's start.

        The head says `Transfer-Encoding: chunked`, or the length that all pieces have together. An answer that comes
        first ends the sending.
        """
        self._begin(method)
        self._transport.write(head)
        async for piece in pieces:
            await self._room()
            if self._head is not None:
                # What is left of the request is not sent, so nothing can follow it.
                self._keep_alive = False
                return self._head
            if piece and chunked:
                self._transport.writelines((b"%x\r\n" % len(piece), piece, b"\r\n"))
            elif piece:
                self._transport.write(piece)
        if chunked:
            self._transport.write(b"0\r\n\r\n")
        return await self._answer()

    async def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on, with the host to whom a proxy has led; raise OSError."""
        transport = await self._loop.start_tls(self._transport, self, tls, server_hostname=host)
        if transport is None:
            raise ConnectionLost("the connection was closed")
        self._transport = transport

    def _begin(self, method: str) -> None:
        if self._error is not None:
            raise self._error
        self._parser = httptools.HttpResponseParser(self)
        self._head, self._headers, self._before_head_bytes = None, {}, 0
        self._bodiless = method in {"HEAD", "CONNECT"}
        self._complete = False

    async def _room(self) -> None:
        """Wait until more can be sent, or the answer has come: perhaps the last that does, with the end behind it."""
        while self._head is None and (self._full or self._error is not None):
            try:
                await self._change()
            except ConnectionError:
                if self._head is None:
                    raise

    async def _answer(self) -> Head:
        while self._head is None:
            await self._change()
        return self._head

    async def chunk(self) -> bytes:
        """Wait for the next bytes of the answer; none at its end."""
        while not self._chunks:
            if self._complete:
                return b""
            await self._change()
        chunk = self._chunks.popleft()
        self._buffered_bytes -= len(chunk)
        if self._paused and self._buffered_bytes < _READ_AHEAD_BYTES:
            self._paused = False
            self._transport.resume_reading()
        return chunk

    async def rest(self) -> bytes:
        """Wait for all that is left of the answer."""
        chunks = []
        while chunk := await self.chunk():
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._keep_alive = False
        self._transport.abort()

    async def _change(self) -> None:
        """Wait until something has come in."""
        if self._error is not None:
            raise self._error
        self._changed = self._loop.create_future()
        await self._changed
        if self._error is not None and not self._chunks:
            raise self._error

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports have the methods, and not the type.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give the bytes to the parser, which calls the methods below."""
        if self._complete or self._parser is None:
            self._fail("an answer nobody asked for")
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("an answer that is not HTTP")
        if self._head is None:
            self._before_head_bytes += len(data)
            if self._before_head_bytes > _HEAD_BYTES:
                self._fail("an answer that does not come to its point")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._error is None:
            self._error = ConnectionLost(str(exc) if exc else "the connection was closed")
        self._wake()

    def pause_writing(self) -> None:
        """Note that the other side takes its time."""
        self._full = True

    def resume_writing(self) -> None:
        """Let whoever sends go on."""
        self._full = False
        self._wake()

    def _fail(self, why: str) -> None:
        self._error = ConnectionLost(why)
        self._transport.abort()

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Stop at a second answer to one request."""
        if self._head is not None:
            raise ConnectionLost("an answer nobody asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header, but none behind the answer."""
        if self._head is not None:
            return
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Let the waiter have the answer's start."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status in _INFORMATIONAL:
            return
        self._head = Head(status, self._headers)
        self._keep_alive = self._parser.should_keep_alive()
        # The answer to HEAD states a length, and nothing follows; to CONNECT, something that is not HTTP. The parser
        # waits for it in vain; the next request comes with a new one.
        self._complete = self._bodiless

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the answer."""
        self._chunks.append(body)
        self._buffered_bytes += len(body)
        if not self._paused and self._buffered_bytes >= _READ_AHEAD_BYTES:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """Note the end of the answer."""
        if self._head is None:  # an informational answer; the real one follows
            self._headers = {}
            return
        self._complete = True
