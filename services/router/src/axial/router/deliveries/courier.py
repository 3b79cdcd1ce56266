"""Whoever delivers to one destination, in order, for as long as there is something to deliver."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import structlog

from axial.common.errors import Unavailable
from axial.dimse.sending.contexts import kind_of
from axial.router.deliveries.attempts import Attempts
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.database import Settled, Taken
from axial.router.deliveries.deciding import Breaker, give_back
from axial.router.deliveries.delivery import Delivery, State
from axial.router.deliveries.ledger import Ledger
from axial.router.destinations.port import Line, Outcome, Verdict

log = structlog.get_logger(__name__)

_UNKNOWN = Outcome(Verdict.AWAY, reason="This destination is not known.")
_UNUSABLE = Outcome(Verdict.AWAY, reason="Nothing can be sent to it.")
# To look whether it is known by now costs nothing.
_UNKNOWN_SECONDS = 5.0
# While our own services are away, which is nobody's failure.
_RECOVERY_SECONDS = 0.5


class Courier:
    """Delivers to a destination that this replica has in hand, and lets go of it."""

    def __init__(self, taken: Taken, circumstances: Circumstances) -> None:
        self._taken = taken
        self._here = circumstances
        self._database = circumstances.database
        self._attempts = Attempts(taken, circumstances)
        self._term = circumstances.term()

    async def run(self) -> None:
        """Deliver until nothing comes for a while, the destination is away, or we are to stop."""
        with self._here.bell.claimed("deliveries", self._taken.id) as ring:
            try:
                await self._deliver_what_comes(ring)
            except Unavailable:
                await asyncio.sleep(_RECOVERY_SECONDS)
            finally:
                # What cannot be told is found when a destination of ours, or of a dead replica, is taken again.
                with suppress(Unavailable):
                    await self._database.release(self._taken.id)

    async def _deliver_what_comes(self, ring: str) -> None:
        bell = self._here.bell
        while self._here.may_go_on():
            self._term = self._here.term()
            heard = bell.heard(ring)
            batch = await self._database.take(self._taken.id, self._here.patience.batch)
            if batch:
                is_over = not await self._deliver(deque(batch))
            else:
                until_next = await self._database.next_attempt(self._taken.id)
                longest = self._here.patience.longest_idle
                await bell.after(
                    ring, heard, longest if until_next is None else min(until_next, longest)
                )
                is_over = bell.heard(ring) == heard
            if is_over:
                break

    async def _deliver(self, batch: deque[Delivery]) -> bool:
        """Deliver a batch and write down what became of it; tell whether to go on with the next one."""
        ledger = Ledger(self._database, self._taken.id, self._here.patience, self._told)
        over = asyncio.Event()
        writing = asyncio.create_task(ledger.run(over))
        is_cut_short = True
        try:
            is_done = await self._send_all(batch, ledger)
            is_cut_short = False
        finally:
            ledger.is_hurried = is_cut_short
            for delivery in batch:
                # The first one was being sent.
                ledger.note(give_back(delivery, is_doubtful=is_cut_short), self._attempts.breaker)
                is_cut_short = False
            over.set()
            try:
                await writing
            finally:
                writing.cancel()
        return is_done and not ledger.is_lost

    async def _send_all(self, batch: deque[Delivery], ledger: Ledger) -> bool:
        """Send one after the other, taking out of the batch what has come to an end; tell whether that is all."""
        destination = self._here.destinations.find(self._taken.name)
        if destination is None:
            breaker = Breaker(self._attempts.breaker.failures + 1, _UNKNOWN_SECONDS)
            ledger.note_destination(breaker, _UNKNOWN)
            return False
        try:
            kinds = dict.fromkeys(kind_of(delivery.instance) for delivery in batch)
            async with destination.line(kinds) as line:
                return await self._send_on(line, batch, ledger)
        except Unavailable:
            await asyncio.sleep(_RECOVERY_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not to stop the others
            log.error("destination_failed", error=type(error).__name__)  # noqa: TRY400 - it may quote a data set
            self._attempts.note(_UNUSABLE)
            ledger.note_destination(self._attempts.breaker, _UNUSABLE)
        return False

    async def _send_on(self, line: Line, batch: deque[Delivery], ledger: Ledger) -> bool:
        while batch and not ledger.is_stuck and self._may_send():
            ledger.note(await self._attempts.make(line, batch), self._attempts.breaker)
            batch.popleft()
            if self._attempts.breaker.failures:
                return False
        return not batch

    def _may_send(self) -> bool:
        return self._here.may_go_on() and self._here.term() == self._term

    def _told(self, settled: Sequence[Settled]) -> None:
        self._here.bell.ring("ended")
        for one in settled:
            if one.state is State.DELIVERED:
                self._here.metrics.observe(self._taken.name, one.seconds)
