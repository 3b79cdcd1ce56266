"""The damaged blobs, read from the projection."""

from axial.common.identifiers import Level
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.common.ticks import Ticks
from axial.index.state import Damaged


class DamageReads:
    """Reads which blobs are damaged; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def page(self, since: int, limit: int) -> list[Damaged]:
        """Read some of them, those found first before the others."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["list_damaged"], since, limit)
        return [
            Damaged(
                blob_key=row["blob_key"],
                level=Level(row["level"]),
                resource_id=row["resource_id"],
                number=row["number"],
                damage=row["damage"],
                since_ticks=Ticks(row["since_ticks"]),
            )
            for row in rows
        ]
