"""Whoever delivers to one destination, in order, for as long as there is something to deliver."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from axial.common.errors import NotFound, Unavailable
from axial.dimse.sending.contexts import kind_of
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.database import DeliveryDatabase, Settled, Taken
from axial.router.deliveries.deciding import (
    Breaker,
    Next,
    break_or_mend,
    confirmed,
    decide,
    give_back,
    gone,
)
from axial.router.deliveries.delivery import Delivery, Patience, State
from axial.router.deliveries.ledger import Ledger
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.destinations.port import Destinations, Line, Outcome, Verdict

log = structlog.get_logger(__name__)

_UNKNOWN = Outcome(Verdict.AWAY, reason="This destination is not known.")
_CONFIRMED = Outcome(Verdict.DELIVERED)
_UNUSABLE = Outcome(Verdict.AWAY, reason="Nothing can be sent to it.")
# To look whether it is known by now costs nothing.
_UNKNOWN_SECONDS = 5.0
# While our own services are away, which is nobody's failure.
_RECOVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all couriers of a process have in common."""

    database: DeliveryDatabase
    destinations: Destinations
    backoff: Backoff
    patience: Patience
    metrics: DeliveryMetrics
    #: Whether what is in hand is certainly ours, and more may be begun.
    may_go_on: Callable[[], bool]


class Courier:
    """Delivers to a destination that this replica has in hand, and lets go of it."""

    def __init__(self, taken: Taken, circumstances: Circumstances) -> None:
        self._taken = taken
        self._here = circumstances
        self._database = circumstances.database
        self._breaker = Breaker(taken.failures)

    async def run(self) -> None:
        """Deliver until nothing is due, the destination is away, or we are to stop."""
        try:
            while self._here.may_go_on():
                batch = await self._database.take(self._taken.id, self._here.patience.batch)
                if not batch or not await self._deliver(deque(batch)):
                    break
        except Unavailable:
            await asyncio.sleep(_RECOVERY_SECONDS)
        finally:
            # What cannot be told is found when a destination of ours, or of a dead replica, is taken again.
            with suppress(Unavailable):
                await self._database.release(self._taken.id)

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
                ledger.note(give_back(delivery, is_doubtful=is_cut_short), self._breaker)
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
            breaker = Breaker(self._breaker.failures + 1, _UNKNOWN_SECONDS)
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
            self._note(_UNUSABLE)
            ledger.note_destination(self._breaker, _UNUSABLE)
        return False

    async def _send_on(self, line: Line, batch: deque[Delivery], ledger: Ledger) -> bool:
        while batch and not ledger.is_stuck and self._here.may_go_on():
            ledger.note(await self._send(line, batch[0]), self._breaker)
            batch.popleft()
            if self._breaker.failures:
                return False
        return not batch

    async def _send(self, line: Line, delivery: Delivery) -> Next:
        """Make one attempt, unless it is known to have succeeded; raise Unavailable when it is on us."""
        is_absent = False
        try:
            if delivery.is_doubtful and delivery.is_conclusive:
                is_there = await line.has(delivery.instance)
                if is_there:
                    self._note(_CONFIRMED)
                    return confirmed(delivery)
                is_absent = is_there is False
            outcome = await line.send(delivery.instance)
        except NotFound:
            return gone(delivery)
        self._note(outcome)
        self._here.metrics.count_attempt(self._taken.name, outcome)
        next_ = decide(delivery, outcome, self._breaker, self._here.backoff, is_absent=is_absent)
        if next_.is_duplicate and not delivery.is_duplicate:
            self._here.metrics.count_duplicate(self._taken.name)
        return next_

    def _note(self, outcome: Outcome) -> None:
        """Hear how the destination is, and log it when that is news."""
        before = self._breaker
        self._breaker = break_or_mend(before, outcome, self._here.backoff)
        if self._breaker.failures and not before.failures:
            log.warning(
                "destination_away", destination=self._taken.name.name, reason=outcome.reason
            )
        elif before.failures and not self._breaker.failures:
            log.info("destination_back", destination=self._taken.name.name)

    def _told(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.state is State.DELIVERED:
                self._here.metrics.observe(self._taken.name, one.seconds)
