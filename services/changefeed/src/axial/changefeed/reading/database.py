"""Postgres as this service meets it: feeds to read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from axial.changefeed.reading.snapshot import Snapshot
from axial.common import postgres
from axial.common.errors import Unavailable
from axial.common.postgres import Pool, Statements

#: What is raised while the server is away, and while the tables are not made or just being swapped.
AWAY = (
    *postgres.AWAY,
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OutdatedSchemaCacheError,
)

#: The package with this service's statements.
SQL = "axial.changefeed.reading.sql"

# A read that finds all connections taken for this long is better answered 503 than queued further.
_ACQUIRE_TIMEOUT_SECONDS = 5.0


class Database:
    """Postgres, read through a pool whose connections cannot write."""

    def __init__(self, reading: Pool) -> None:
        self._reading = reading
        self._statements = Statements(SQL)

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Snapshot]:
        """Open for one read: a statement alone is a snapshot. Unavailable when Postgres is away."""
        async with (
            away_is_unavailable(),
            self._reading.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS) as connection,
        ):
            yield Snapshot(connection, self._statements)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Open for several reads of one snapshot. Unavailable when Postgres is away."""
        async with (
            away_is_unavailable(),
            self._reading.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Snapshot(connection, self._statements)

    async def check(self) -> None:
        """Prove that the feeds can be read; Unavailable otherwise."""
        async with self.single() as snapshot:
            await snapshot.position()


@asynccontextmanager
async def away_is_unavailable() -> AsyncIterator[None]:
    """Translate "Postgres is away, or not ready" into the error the edges know."""
    try:
        yield
    except AWAY as error:
        if isinstance(error, ValueError):
            # asyncpg's word for an argument of the wrong type: our mistake, not an outage.
            raise
        raise Unavailable("The database is not available at the moment.") from error
