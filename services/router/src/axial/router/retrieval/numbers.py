"""Numbers of C-MOVE requests, which no other under way has, of any replica."""

from axial.common.postgres import Pool, Statements, away_is_unavailable


class MoveNumbers:
    """Counts in Postgres; raises Unavailable while it is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.router.sql")

    async def next(self) -> int:
        """Give the next one; the first comes again after the last."""
        async with away_is_unavailable():
            number: int = await self._pool.fetchval(self._statements["move_number"])
        return number
