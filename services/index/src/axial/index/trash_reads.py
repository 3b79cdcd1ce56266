"""The trash, read from the projection."""

from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.common.recorded import LogSequence
from axial.index import rows
from axial.index.state import Deletion


class TrashReads:
    """Reads what stands in the trash; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def page(self, since: int, limit: int) -> list[Deletion]:
        """Read some deletions, the newest first."""
        async with away_is_unavailable():
            found = await self._pool.fetch(self._statements["find_deletions"], since, limit)
        return [rows.deletion(row) for row in found]

    async def find(self, deletion: LogSequence) -> Deletion | None:
        """Read one of them."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["find_deletion"], deletion)
        return rows.deletion(row) if row else None
