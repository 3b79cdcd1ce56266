"""The files of instances, as the index gives them out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from axial.common.errors import NotFound, Unavailable
from axial.common.http.connection import Connection, ConnectionLost, Head
from axial.common.http.pool import ConnectionPool

T = TypeVar("T")

# The blob store's own patience is shorter.
_PIECE_SECONDS = 30.0


class IndexFiles:
    """Reads files over HTTP, on connections that are kept: a client library's own work would cost more than theirs."""

    def __init__(self, url: str, token: SecretStr) -> None:
        parts = urlsplit(url)
        self._pool = ConnectionPool(parts.hostname or "", parts.port or 80, None)
        secret = token.get_secret_value()
        self._path = parts.path.rstrip("/")
        self._headers = f"Host: {parts.netloc}\r\n" + (
            f"Authorization: Bearer {secret}\r\n" if secret else ""
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """Read a file piece by piece; raise NotFound or Unavailable, also in the middle."""
        try:
            connection, answer = await self._ask(instance_id)
        except ConnectionLost:
            # The index has gone, or come back as another process, since we spoke last.
            self._pool.distrust()
            connection, answer = await self._ask(instance_id)
        try:
            if answer.status == HTTPStatus.NOT_FOUND:
                raise NotFound
            if answer.status != HTTPStatus.OK:
                raise Unavailable
            yield _pieces(connection)
        finally:
            self._pool.release(connection)

    async def _ask(self, instance_id: str) -> tuple[Connection, Head]:
        request = f"GET {self._path}/instances/{instance_id}/file HTTP/1.1\r\n{self._headers}\r\n"
        try:
            connection = await self._pool.acquire()
        except (OSError, TimeoutError) as error:
            raise Unavailable from error
        try:
            return connection, await _within(connection.request("GET", request.encode("ascii")))
        except BaseException:
            self._pool.release(connection)
            raise


async def _pieces(connection: Connection) -> AsyncGenerator[bytes, None]:
    try:
        while piece := await _within(connection.chunk()):
            yield piece
    except ConnectionLost as error:
        raise Unavailable from error


async def _within(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_PIECE_SECONDS):
            return await work
    except TimeoutError as error:
        raise Unavailable from error
