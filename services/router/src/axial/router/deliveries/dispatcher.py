"""Which destinations this replica delivers to: each in a task of its own, so that none waits for another."""

import asyncio
from contextlib import suppress

from axial.common.errors import Unavailable
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.courier import Courier
from axial.router.deliveries.database import Taken

# Nothing is rung for when only time passes elsewhere, or when a ring was lost.
_LOOK_SECONDS = 5.0
# What is due and cannot be taken is just being taken by another.
_LEAST_SECONDS = 0.05
# After an outage of Postgres.
_RECOVERY_SECONDS = 0.5


class Dispatcher:
    """Takes destinations in hand as soon as something is due, and lets couriers deliver."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._bell = circumstances.bell
        self._here = circumstances
        self._couriers: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Dispatch for ever, through every outage of Postgres."""
        async with asyncio.TaskGroup() as group:
            while True:
                heard = self._bell.heard("deliveries")
                seconds = _RECOVERY_SECONDS
                with suppress(Unavailable):
                    seconds = await self._look(group)
                await self._bell.after("deliveries", heard, seconds)

    async def drain(self, at_most_seconds: float) -> None:
        """Wait until all couriers have let go, as they do when nothing more may be begun."""
        if self._couriers:
            await asyncio.wait(self._couriers.values(), timeout=at_most_seconds)

    async def _look(self, group: asyncio.TaskGroup) -> float:
        """Begin what can be begun; return the seconds until there may be more."""
        if not self._here.may_go_on():
            return _LOOK_SECONDS
        for taken in await self._here.database.take_destinations(self._couriers.keys()):
            self._begin(group, taken)
        until_due = await self._here.database.until_due(self._couriers.keys())
        if until_due is None:
            return _LOOK_SECONDS
        return min(max(until_due, _LEAST_SECONDS), _LOOK_SECONDS)

    def _begin(self, group: asyncio.TaskGroup, taken: Taken) -> None:
        task = group.create_task(Courier(taken, self._here).run())
        self._couriers[taken.id] = task

        def ended(_: asyncio.Task[None]) -> None:
            del self._couriers[taken.id]
            # What came while it let go would be nobody's.
            self._bell.ring("deliveries")

        task.add_done_callback(ended)
