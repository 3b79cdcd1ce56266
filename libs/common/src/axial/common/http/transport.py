"""The transport of `httpx2` clients that ask our own services, on connections of ours.

The library's own takes a millisecond of processor time for each request, more than most answers take to make; what
stands above it, from its clients to its mocks in tests, stays as it is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import httpx2

from axial.common.http.connection import Connection
from axial.common.http.pool import ConnectionPool

T = TypeVar("T")


class PooledTransport(httpx2.AsyncBaseTransport):
    """Sends requests over plain HTTP whose bodies are kept whole; raises the library's errors."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, int], ConnectionPool] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Have a request answered."""
        place = (request.url.host, request.url.port or 80)
        pool = self._pools.get(place)
        if pool is None:
            pool = self._pools[place] = ConnectionPool(*place, None)
        seconds = request.extensions.get("timeout", {})
        assert "transfer-encoding" not in request.headers, "the length of a body is known"
        body = await request.aread()
        try:
            # The pool itself sees to it that connecting takes no longer than it may.
            async with asyncio.timeout(seconds.get("pool")):
                connection = await pool.acquire()
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error), request=request) from error
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        answered = _Answered(request, pool, connection, seconds.get("read"))
        try:
            asked = connection.request(request.method, _head(request), body)
            head = await answered.within_time(asked)
        except BaseException:
            await answered.aclose()
            raise
        return httpx2.Response(head.status, headers=head.headers, stream=answered)

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()


class _Answered(httpx2.AsyncByteStream):
    """The body of an answer; its connection is given back at the end."""

    def __init__(
        self,
        request: httpx2.Request,
        pool: ConnectionPool,
        connection: Connection,
        seconds: float | None,
    ) -> None:
        self._request = request
        self._pool = pool
        self._connection: Connection | None = connection
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read it, once."""
        while (connection := self._connection) is not None:
            piece = await self.within_time(connection.chunk())
            if not piece:
                return
            yield piece

    async def aclose(self) -> None:
        """Give the connection back; one that was left within an answer is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(connection)

    async def within_time(self, work: Awaitable[T]) -> T:
        """Wait for something to be read, in the library's terms."""
        try:
            async with asyncio.timeout(self._seconds):
                return await work
        except TimeoutError as error:
            raise httpx2.ReadTimeout(str(error), request=self._request) from error
        except OSError as error:
            # What else is idle there has gone, too, or belongs to a process that has.
            self._pool.distrust()
            raise httpx2.ReadError(str(error), request=self._request) from error


def _head(request: httpx2.Request) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % header for header in request.headers.raw)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (
        request.method.encode("ascii"),
        request.url.raw_path,
        lines,
    )
