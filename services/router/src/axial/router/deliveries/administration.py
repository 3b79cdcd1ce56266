"""What operators see of deliveries, and decide about them."""

from typing import Any

from axial.common.errors import Conflict, NotFound
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.deliveries.selection import Page, Selection
from axial.router.destinations.port import DestinationName

_EVERYTHING = Selection()
# In one transaction.
_AT_ONCE = 1000


class Administration:
    """Lists deliveries, replays and discards dead letters; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.router.sql")

    async def find(
        self, selection: Selection, page: Page, delivery: int | None = None
    ) -> list[Any]:
        """Return the rows of deliveries, by number."""
        wanted = selection
        async with away_is_unavailable():
            return await self._pool.fetch(
                self._statements["delivery_list"],
                page.since,
                page.limit,
                wanted.state,
                wanted.kind,
                wanted.name,
                wanted.rule,
                wanted.instance,
                wanted.reason,
                delivery,
            )

    async def get(self, delivery: int | None) -> Any:
        """Return the row of one delivery; raise NotFound."""
        rows = [] if delivery is None else await self.find(_EVERYTHING, Page(), delivery)
        if not rows:
            raise NotFound
        return rows[0]

    async def replay(self, selection: Selection) -> int:
        """Let dead letters begin anew; return how many."""
        return await self._all("delivery_replay", selection)

    async def discard(self, selection: Selection) -> int:
        """Decide that dead letters are not to be delivered; return how many."""
        return await self._all("delivery_discard", selection)

    async def replay_one(self, delivery: int | None) -> Any:
        """Let one dead letter begin anew; raise NotFound, or Conflict when it is none."""
        return await self._one("delivery_replay", delivery)

    async def discard_one(self, delivery: int | None) -> Any:
        """Decide that one dead letter is not to be delivered; raise NotFound, or Conflict when it is none."""
        return await self._one("delivery_discard", delivery)

    async def retry(self, name: DestinationName) -> None:
        """Try a destination again at once; raise NotFound when nothing was ever to be delivered to it."""
        if not await self._decide("delivery_retry", str(name.kind), name.name):
            raise NotFound

    async def _one(self, statement: str, delivery: int | None) -> Any:
        await self.get(delivery)
        if not await self._decide(statement, delivery, 1, None, None, None, None):
            raise Conflict("This delivery is no dead letter.")
        return await self.get(delivery)

    async def _all(self, statement: str, selection: Selection) -> int:
        wanted = (selection.kind, selection.name, selection.rule, selection.reason)
        count = 0
        while some := await self._decide(statement, None, _AT_ONCE, *wanted):
            count += some
        return count

    async def _decide(self, statement: str, *arguments: object) -> int:
        """Carry out a decision and tell all replicas; return how many it was about."""
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            rows = await connection.fetch(self._statements[statement], *arguments)
            await connection.execute("SELECT pg_notify('router', 'deliveries')")
        return len(rows)
