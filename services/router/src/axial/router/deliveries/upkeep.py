"""What has to be done about deliveries as time passes, whether they are sent or not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from axial.common.errors import Unavailable
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.deliveries.standing import Standings

# In one transaction: short enough that nobody waits for it.
_AT_ONCE = 500


class Upkeep:
    """Gives up what is late, diverts what has a fallback, shortens what is long past, shows how all stands.

    Every replica does it; what another is just doing is left to it.
    """

    def __init__(
        self,
        database: DeliveryDatabase,
        standings: Standings,
        metrics: DeliveryMetrics,
        interval_seconds: float,
        history_days: int,
    ) -> None:
        self._database = database
        self._standings = standings
        self._metrics = metrics
        self._interval_seconds = interval_seconds
        self._history_days = history_days

    async def run(self) -> None:
        """Do it every few seconds, for ever."""
        while True:
            with suppress(Unavailable):  # readiness tells of the outage
                await self.once()
            await asyncio.sleep(self._interval_seconds)

    async def once(self) -> None:
        """Do what is to be done now."""
        await self._database.set_right()
        await _while_many(self._database.give_up)
        await _while_many(self._database.divert)
        await _while_many(self._reduce)
        await self._database.add_up()
        self._metrics.show(await self._standings.all())

    async def _reduce(self, at_most: int) -> int:
        return await self._database.reduce(self._history_days, at_most)


async def _while_many(act: Callable[[int], Awaitable[int]]) -> None:
    """Repeat until less was to be done than is done at once."""
    while await act(_AT_ONCE) >= _AT_ONCE:
        pass
