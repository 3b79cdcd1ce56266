"""Which replica publishes: the one that holds an advisory lock of Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from axial.changefeed.reading.database import AWAY
from axial.common.errors import Unavailable
from axial.common.postgres import Connection, connect

# Any constant will do, as long as no other advisory lock of ours has it.
_LOCK = 0x41584C46
# A follower tries this often to become the leader: a takeover within a second of the lock's release.
_ELECTION_SECONDS = 0.5


class Leadership:
    """The lock, as long as its connection stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Raise Unavailable when the connection has gone, and the lock with it."""
        async with _away_is_unavailable():
            await self._connection.execute("SELECT 1")


@asynccontextmanager
async def leading(database_url: str) -> AsyncIterator[Leadership]:
    """Wait until the lock is ours and hold it; raise Unavailable when Postgres is away.

    It spares replicas from doing the same work. That no entry comes twice is the stream's own doing.
    """
    async with _away_is_unavailable():
        connection = await connect(database_url, "changefeed")
    try:
        async with _away_is_unavailable():
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - the state is Postgres's
                await asyncio.sleep(_ELECTION_SECONDS)
        yield Leadership(connection)
    finally:
        # Not closed in order: an answer that does not come must not keep us from giving the lock back.
        connection.terminate()


@asynccontextmanager
async def _away_is_unavailable() -> AsyncIterator[None]:
    try:
        yield
    except AWAY as error:
        raise Unavailable("The database is not available at the moment.") from error
