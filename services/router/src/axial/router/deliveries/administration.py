"""What operators see of deliveries, and decide about them."""

from typing import Any

from axial.common.errors import Conflict, NotFound
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.deliveries.database import or_unavailable
from axial.router.deliveries.selection import Page, Selection
from axial.router.destinations.port import DestinationName
from axial.router.destinations.trying_again import try_again

_EVERYTHING = Selection()
# In one transaction.
_AT_ONCE = 1000
# What is due again, and what has come to an end.
_RING = "SELECT pg_notify('router', 'deliveries'), pg_notify('router', 'ended')"


class Administration:
    """Lists deliveries, replays and discards dead letters; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.router.sql")

    async def find(self, selection: Selection, page: Page) -> list[Any]:
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
            )

    async def get(self, delivery: int | None) -> Any:
        """Return the row of one delivery; raise NotFound."""
        if delivery is None:
            raise NotFound
        rows = await self.find(_EVERYTHING, Page(delivery - 1, 1))
        if not rows or rows[0]["id"] != delivery:
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
        """Try again at once whatever waits for a destination; raise NotFound when nothing was ever to go to it."""
        if not await try_again(self._pool, name):
            raise NotFound

    async def give_up(self, name: DestinationName) -> int:
        """Make dead letters of all that is due at a destination; return how many.

        Raises NotFound when nothing was ever to be delivered to it.
        """
        place = (str(name.kind), name.name)
        async with away_is_unavailable():
            if not await self._pool.fetchval(self._statements["delivery_destination"], *place):
                raise NotFound
        count = last = 0
        while some := await self._decide("delivery_abandon", *place, last, _AT_ONCE):
            count += len(some)
            last = max(some)
        return count

    async def _one(self, statement: str, delivery: int | None) -> Any:
        await self.get(delivery)
        if not await self._decide(statement, delivery, 1, None, None, None, None, 0, held=delivery):
            raise Conflict("This delivery is no dead letter.")
        return await self.get(delivery)

    async def _all(self, statement: str, selection: Selection) -> int:
        wanted = (selection.kind, selection.name, selection.rule, selection.reason)
        count = last = 0
        # Each is decided about once: what is given up again meanwhile has been passed.
        while some := await self._decide(statement, None, _AT_ONCE, *wanted, last):
            count += len(some)
            last = max(some)
        return count

    async def _decide(
        self, statement: str, *arguments: object, held: int | None = None
    ) -> list[int]:
        """Carry out a decision and tell all replicas; return the numbers of what it was about.

        Nobody else writes the one delivery that is `held`: without that, one that is just being written is passed over.
        """
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            if held is not None:
                await connection.execute(self._statements["delivery_hold"], held)
            rows = await connection.fetch(self._statements[statement], *arguments)
            await connection.execute(_RING)
        return [row["id"] for row in rows]
