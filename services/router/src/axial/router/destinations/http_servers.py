"""One HTTP server of somebody else's: requests to it on connections that are kept, bounded in time and in answers."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from axial.common.errors import Unavailable
from axial.common.http.connection import Connection, ConnectionLost, Head
from axial.common.http.pool import ConnectionPool
from axial.common.http.proxy import NotLed
from axial.common.peers import Peer
from axial.router.destinations.http_ways import CertificatesUnreadable, Manner, Way

# What a peer has to say of one instance is a hundredth of this.
_ANSWER_BYTES = 1024 * 1024
# A body up to here is one write; of longer ones some pieces are in memory.
_AT_ONCE_BYTES = 256 * 1024


@dataclass(slots=True)
class Body:
    """What is sent in a request, and how far it got."""

    pieces: AsyncIterator[bytes]
    #: Of all pieces; None when only their end will tell.
    size_bytes: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: How much the connection has been given.
    sent_bytes: int = 0
    #: Whether the last of it may have reached the server.
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server has answered; headers by lower-case names."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Unanswered(Exception):
    """The server gave no answer; the message says why, in words that are not its own."""

    def __init__(self, why: str, *, was_idle: bool = False) -> None:
        super().__init__(why)
        self.why = why
        #: The connection had been kept, and was closed without a word: perhaps before it was used again.
        self.was_idle = was_idle


class HttpServer:
    """Sends requests; redirects are answers, and followed by nobody."""

    def __init__(self, peer: Peer, manner: Manner) -> None:
        self._way = way = Way(peer, manner)
        self._seconds = peer.timeout or manner.timeout_seconds
        self._pool = ConnectionPool(way.host, way.port, None, connect=way.connect)
        self._is_retired = False

    def retire(self) -> None:
        """Keep no connection any more: what is under way comes to its end."""
        self._is_retired = True
        self._pool.distrust()

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._pool.aclose()

    def distrust(self) -> None:
        """Close the connections that are kept."""
        self._pool.distrust()

    async def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a path below the peer's; raise Unanswered."""
        return await self._exchange("GET", path, None, headers or {})

    async def post(self, path: str, body: Body) -> Answer:
        """POST a body; raise Unanswered, and what reading the body raises."""
        return await self._exchange("POST", path, body, body.headers)

    async def _exchange(
        self, method: str, path: str, body: Body | None, headers: Mapping[str, str]
    ) -> Answer:
        with _unanswered():
            async with asyncio.timeout(self._seconds):
                connection = await self._pool.acquire()
        was_idle = connection.idle_since_seconds > 0
        head: Head | None = None
        try:
            with _unanswered():
                async with asyncio.timeout(self._seconds) as limit:
                    patience = _Patience(limit, self._seconds)
                    start = self._start(method, path, headers)
                    head = await _request(connection, method, start, body, patience)
                    content = await _content(connection, head)
        except Unanswered as error:
            lost = isinstance(error.__cause__, ConnectionLost) and head is None
            raise Unanswered(error.why, was_idle=was_idle and lost) from error
        finally:
            self._pool.release(connection)
            if self._is_retired:
                self._pool.distrust()
        return Answer(head.status, head.headers, content)

    def _start(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        way = self._way
        lines = "".join(
            f"{name}: {value}\r\n"
            for name, value in headers.items()
            if name.lower() not in way.overruled
        )
        return f"{method} {way.base}{path} HTTP/1.1\r\n{way.headers}{lines}"


class _Patience:
    """Counts the server's time alone, and from its last step on."""

    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds

    def stop(self) -> None:
        """Wait for somebody else."""
        self._limit.reschedule(None)

    def begin(self) -> None:
        """Wait for the server again."""
        self._limit.reschedule(asyncio.get_running_loop().time() + self._seconds)


async def _request(
    connection: Connection, method: str, start: str, body: Body | None, patience: _Patience
) -> Head:
    """Send a request, and wait for the start of the answer."""
    if body is None:
        return await connection.request(method, f"{start}\r\n".encode("latin-1"))
    async with aclosing(_told(body, patience)) as pieces:
        begun, is_whole = await _begun(pieces)
        if is_whole:
            body.is_over = True
            head = f"{start}Content-Length: {len(begun)}\r\n\r\n".encode("latin-1")
            return await connection.request(method, head, begun)
        chunked = body.size_bytes is None
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {body.size_bytes}"
        head = f"{start}{framing}\r\n\r\n".encode("latin-1")
        async with aclosing(_chain(begun, pieces)) as all_pieces:
            return await connection.stream(method, head, all_pieces, chunked=chunked)


async def _told(body: Body, patience: _Patience) -> AsyncGenerator[bytes, None]:
    """Take the pieces, and note how far they are; raise Unavailable when they are not what was announced."""
    patience.stop()
    async for piece in body.pieces:
        patience.begin()
        body.sent_bytes += len(piece)
        if body.size_bytes is not None and body.sent_bytes >= body.size_bytes:
            if body.sent_bytes > body.size_bytes:
                raise Unavailable
            body.is_over = True
        yield piece
        patience.stop()
    patience.begin()
    if body.size_bytes is not None and body.sent_bytes < body.size_bytes:
        raise Unavailable
    body.is_over = True


async def _begun(pieces: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Take a short body whole, of a long one its beginning."""
    begun: list[bytes] = []
    size = 0
    async for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size > _AT_ONCE_BYTES:
            return b"".join(begun), False
    return b"".join(begun), True


async def _chain(begun: bytes, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield begun
    async for piece in pieces:
        yield piece


async def _content(connection: Connection, head: Head) -> bytes:
    """Read the answer, unless it is longer than any peer's: then its connection ends with it. Raises Unanswered."""
    content = bytearray()
    try:
        while chunk := await connection.chunk():
            content += chunk
            if len(content) > _ANSWER_BYTES:
                if head.status < HTTPStatus.MULTIPLE_CHOICES:
                    raise Unanswered("its answer does not end")
                return b""
    except ConnectionLost:
        # Whoever refuses a long body hangs up on the rest of it; only of success the words matter.
        if head.status < HTTPStatus.MULTIPLE_CHOICES:
            raise
        return b""
    return bytes(content)


@contextmanager
def _unanswered() -> Iterator[None]:
    """Say why there was no answer."""
    try:
        yield
    except TimeoutError as error:
        raise Unanswered("it did not go on in time") from error
    except CertificatesUnreadable as error:
        raise Unanswered("the certificates for it cannot be read here") from error
    except NotLed as error:
        raise Unanswered(f"the proxy does not lead there (HTTP status {error.status})") from error
    except ssl.SSLError as error:
        raise Unanswered("no trust between us: TLS failed") from error
    except ConnectionLost as error:
        raise Unanswered("it broke the connection off") from error
    except (OSError, UnicodeError) as error:  # the latter: a name that no host can have
        raise Unanswered("it cannot be reached") from error
