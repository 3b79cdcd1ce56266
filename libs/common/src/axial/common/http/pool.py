"""Connections to one HTTP server, kept between requests."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from axial.common.http.connection import Connection

Connect: TypeAlias = Callable[[], Awaitable[Connection]]

# Connecting takes a round trip or three; what takes longer is not there. Shorter than an attempt.
_CONNECT_SECONDS = 3.0

# A reader holds its connection for as long as its own client takes to download. The server has no
# limit near this; the file descriptors of a process have (1,024).
_LIMIT = 256

# Servers close what is idle, Amazon S3 after some 20 s; a request that meets the closing has to be
# sent again.
_IDLE_SECONDS = 15.0


class ConnectionPool:
    """Connects when no connection is idle; each connection serves one request at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        *,
        idle_seconds: float = _IDLE_SECONDS,
        connect: Connect | None = None,
    ) -> None:
        #: How a connection is made, when not by connecting.
        self._connect_by = connect or partial(_connect, host, port, tls)
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(_LIMIT)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()

    async def acquire(self) -> Connection:
        """Take a connection, which must be released; raises `OSError` when there is none.

        Waits without limit while all are in use: set a time-out around it.
        """
        await self._slots.acquire()
        try:
            return self._take_idle() or await self._connect()
        except BaseException:
            self._slots.release()
            raise

    def release(self, connection: Connection) -> None:
        """Give a connection back; one that was left within an exchange is closed."""
        self._slots.release()
        if connection.reusable and connection in self._open:
            connection.idle_since_seconds = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            self._drop(connection)

    def distrust(self) -> None:
        """Close what is idle: the server has gone, or come back as another process."""
        while self._idle:
            self._drop(self._idle.pop())

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        self._idle.clear()
        while self._open:
            self._drop(next(iter(self._open)))
        # The event loop closes the sockets in its next turn.
        await asyncio.sleep(0)

    def _take_idle(self) -> Connection | None:
        """Take the connection that was used last: the others may grow old, and be closed."""
        oldest = asyncio.get_running_loop().time() - self._idle_seconds
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and connection.idle_since_seconds > oldest:
                return connection
            self._drop(connection)
        return None

    async def _connect(self) -> Connection:
        connection = await self._connect_by()
        self._open.add(connection)
        return connection

    def _drop(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.abort()


async def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> Connection:
    async with asyncio.timeout(_CONNECT_SECONDS):
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, host, port, ssl=tls
        )
    return connection
