"""Which replica publishes: the one that holds an advisory lock of Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from axial.changefeed.reading.database import away_is_unavailable
from axial.common.leadership import Role, win
from axial.common.postgres import Connection, connect


class Leadership:
    """The lock, as long as its connection stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Raise Unavailable when the connection has gone, and the lock with it."""
        async with away_is_unavailable():
            await self._connection.execute("SELECT 1")


@asynccontextmanager
async def leading(database_url: str) -> AsyncIterator[Leadership]:
    """Wait until the lock is ours and hold it; raise Unavailable when Postgres is away.

    It spares replicas from doing the same work. That no entry comes twice is the stream's own doing.
    """
    async with away_is_unavailable():
        connection = await connect(database_url, "changefeed")
    try:
        async with away_is_unavailable():
            await win(connection, Role.FEED_PUBLISHER)
        yield Leadership(connection)
    finally:
        # Not closed in order: an answer that does not come must not keep us from giving the lock back.
        connection.terminate()
