"""The outcomes of one batch, written down together while more are on their way."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from axial.common.errors import Unavailable
from axial.router.deliveries.database import DeliveryDatabase, Settled
from axial.router.deliveries.deciding import Breaker, Next
from axial.router.deliveries.delivery import Patience
from axial.router.destinations.port import Outcome

# After an outage of Postgres.
_RECOVERY_SECONDS = 0.2


class Ledger:
    """Keeps outcomes until they are written: the destination does not wait for the database."""

    def __init__(
        self,
        database: DeliveryDatabase,
        destination: int,
        patience: Patience,
        told: Callable[[Sequence[Settled]], None],
    ) -> None:
        self._database = database
        self._destination = destination
        self._patience = patience
        self._told = told
        self._unwritten: list[Next] = []
        self._breaker = Breaker()
        self._last: Outcome | None = None
        self._some, self._many = asyncio.Event(), asyncio.Event()
        #: Whether outcomes cannot be written now, or these deliveries are somebody else's: nothing is to be sent then.
        self.is_stuck = False
        #: Whether they are somebody else's for good.
        self.is_lost = False
        #: Whether there is no time to wait for Postgres: what is not written then is in doubt.
        self.is_hurried = False

    def note(self, next_: Next, breaker: Breaker) -> None:
        """Keep what became of a delivery, and how its destination is since."""
        self._unwritten.append(next_)
        if next_.outcome is not None:
            self._breaker, self._last = breaker, next_.outcome
        self._some.set()
        if len(self._unwritten) >= self._patience.most_unwritten:
            self._many.set()

    def note_destination(self, breaker: Breaker, outcome: Outcome) -> None:
        """Keep how the destination is, though nothing was sent to it."""
        self._breaker, self._last = breaker, outcome

    async def run(self, over: asyncio.Event) -> None:
        """Write until the batch is over and all of it is written, through outages of Postgres."""
        while True:
            await self._until_worth_it(over)
            was_over = over.is_set()
            try:
                await self._write()
                self.is_stuck = self.is_lost
            except Unavailable:
                self.is_stuck = True
                if self.is_hurried:
                    return
                await asyncio.sleep(_RECOVERY_SECONDS)
                continue
            if was_over and not self._unwritten:
                return

    async def _until_worth_it(self, over: asyncio.Event) -> None:
        if over.is_set():
            return
        await _first(self._some, over)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.longest_unwritten):
                await _first(self._many, over)

    async def _write(self) -> None:
        self._some.clear()
        self._many.clear()
        written, last = list(self._unwritten), self._last
        if not written and last is None:
            return
        settled = await self._database.settle(self._destination, written, self._breaker, last)
        del self._unwritten[: len(written)]
        if self._last is last:
            self._last = None
        if len(settled) < len(written):
            self.is_lost = True
        self._told(settled)


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
