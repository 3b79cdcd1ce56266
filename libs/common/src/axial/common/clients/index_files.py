"""The files of instances, as the index gives them out."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from axial.common.clients.suspects import Suspects
from axial.common.errors import NotFound, Unavailable, Untranscodable
from axial.common.http.connection import Connection, ConnectionLost, Head
from axial.common.http.pool import ConnectionPool

T = TypeVar("T")

# The blob store's own patience is shorter.
_PIECE_SECONDS = 30.0
# Nothing comes before all of a file is written; the index gives up before.
_TRANSCODING_SECONDS = 630.0


class IndexFiles:
    """Reads files over HTTP, on connections that are kept: a client library's own work would cost more than theirs."""

    def __init__(self, urls: str, token: SecretStr) -> None:
        self._replicas = [_Replica(url, token) for url in urls.split()]
        self._suspects: Suspects[_Replica] = Suspects()
        self._turns = itertools.count()

    async def aclose(self) -> None:
        """Close all connections."""
        for replica in self._replicas:
            await replica.pool.aclose()

    @asynccontextmanager
    async def open(
        self, instance_id: str, transcode: str = ""
    ) -> AsyncGenerator["IndexFile", None]:
        """Read a file piece by piece; raise NotFound or Unavailable, also in the middle.

        With `transcode` in another transfer syntax than its own; raises Untranscodable when that cannot be.
        """
        replica, connection, answer = await self._asked(instance_id, transcode)
        try:
            if answer.status == HTTPStatus.NOT_FOUND:
                raise NotFound
            if transcode and answer.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                raise Untranscodable
            if answer.status != HTTPStatus.OK:
                raise Unavailable
            length = answer.headers.get("content-length", "")
            yield IndexFile(connection, int(length) if length.isdecimal() else None)
        finally:
            replica.pool.release(connection)

    async def _asked(self, instance_id: str, transcode: str) -> tuple["_Replica", Connection, Head]:
        """Ask one replica after the other; a single one twice, as it may be another process by now."""
        turn = next(self._turns) % len(self._replicas)
        rotated = self._replicas[turn:] + self._replicas[:turn]
        replicas = sorted(rotated, key=self._suspects.__contains__)
        lost: OSError | None = None
        for replica in replicas if len(replicas) > 1 else replicas * 2:
            try:
                return replica, *await replica.ask(instance_id, transcode)
            except OSError as error:
                self._suspects.note(replica)
                lost = error
        raise Unavailable from lost


class _Replica:
    """One index."""

    def __init__(self, url: str, token: SecretStr) -> None:
        parts = urlsplit(url)
        self.pool = ConnectionPool(parts.hostname or "", parts.port or 80, None)
        secret = token.get_secret_value()
        self._path = parts.path.rstrip("/")
        self._headers = f"Host: {parts.netloc}\r\n" + (
            f"Authorization: Bearer {secret}\r\n" if secret else ""
        )

    async def ask(self, instance_id: str, transcode: str) -> tuple[Connection, Head]:
        """Ask for a file; raise OSError when there is no answer, Unavailable when it does not come in time."""
        query = f"?transcode={transcode}" if transcode else ""
        path = f"{self._path}/instances/{instance_id}/file{query}"
        request = f"GET {path} HTTP/1.1\r\n{self._headers}\r\n"
        seconds = _TRANSCODING_SECONDS if transcode else _PIECE_SECONDS
        connection = await self.pool.acquire()
        try:
            asked = connection.request("GET", request.encode("ascii"))
            return connection, await _within(asked, seconds)
        except ConnectionLost:
            # The index has gone, or come back as another process, since we spoke last.
            self.pool.release(connection)
            self.pool.distrust()
            raise
        except BaseException:
            self.pool.release(connection)
            raise


class IndexFile:
    """A file, piece by piece."""

    def __init__(self, connection: Connection, size_bytes: int | None) -> None:
        self._connection = connection
        #: As the index announces it; None when it does not.
        self.size_bytes = size_bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read it, once."""
        return self

    async def __anext__(self) -> bytes:
        """Read the next piece; raise Unavailable."""
        try:
            piece = await _within(self._connection.chunk())
        except ConnectionLost as error:
            raise Unavailable from error
        if not piece:
            raise StopAsyncIteration
        return piece


async def _within(work: Awaitable[T], seconds: float = _PIECE_SECONDS) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise Unavailable from error
