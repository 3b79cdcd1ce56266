"""While blobs are copied none is collected: a lock of Postgres that collectors share and a copier has alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from axial.common.errors import Unavailable
from axial.common.postgres import AWAY, Connection, connect

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

# Any number will do that no other lock in the database has: see `leadership` and `migrate`.
_LOCK = 0x41584C42
# What a collector has in hand it finishes first: a hundred blobs, on a slow store.
_PATIENCE_SECONDS = 600.0


async def may_collect(connection: "Connection | PoolConnectionProxy[asyncpg.Record]") -> bool:
    """Tell whether blobs may be removed; if so, until the end of this transaction."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock_shared($1)", _LOCK))


class Hold:
    """The lock, as long as its connection stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Raise Unavailable when the connection has gone, and the lock with it."""
        try:
            await self._connection.execute("SELECT 1")
        except AWAY as error:
            raise Unavailable("The database went away while blobs were copied.") from error


@asynccontextmanager
async def nothing_collected(database_url: str) -> AsyncIterator[Hold]:
    """Keep every collector from its work, however many replicas there are; garbage waits meanwhile."""
    connection = await connect(database_url, "")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_PATIENCE_SECONDS)
        yield Hold(connection)
    finally:
        connection.terminate()
