"""Whoever delivers to one destination, in order, for as long as there is something to deliver."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from axial.common.errors import NotFound, Unavailable
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Files
from axial.router.bell import Bell
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
from axial.router.deliveries.stumbles import Stumbles
from axial.router.destinations.port import Destinations, Line, Outcome, Verdict

log = structlog.get_logger(__name__)

_UNKNOWN = Outcome(Verdict.AWAY, reason="This destination is not known.")
_CONFIRMED = Outcome(Verdict.DELIVERED)
_UNUSABLE = Outcome(Verdict.AWAY, reason="Nothing can be sent to it.")
_MISSING = Outcome(Verdict.FAILED, reason="Its file is missing here.")
_UNREADABLE = Outcome(Verdict.FAILED, reason="Its file cannot be read here.")
_OUR_ERROR = Outcome(
    Verdict.FAILED, reason="It cannot be sent: an error of ours.", is_doubtful=True
)
# To look whether it is known by now costs nothing.
_UNKNOWN_SECONDS = 5.0
# While our own services are away, which is nobody's failure.
_RECOVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all couriers of a process have in common."""

    bell: Bell
    database: DeliveryDatabase
    destinations: Destinations
    backoff: Backoff
    patience: Patience
    metrics: DeliveryMetrics
    #: Whether what is in hand is certainly ours, and more may be begun.
    may_go_on: Callable[[], bool]
    #: Another one whenever that was uncertain: what was taken in hand before may be another's by now.
    term: Callable[[], int]
    #: Whether an instance is in the archive, by its identifier; raises Unavailable.
    is_here: Callable[[str], Awaitable[bool]]
    files: Files
    stumbles: Stumbles = field(default_factory=Stumbles)


class Courier:
    """Delivers to a destination that this replica has in hand, and lets go of it."""

    def __init__(self, taken: Taken, circumstances: Circumstances) -> None:
        self._taken = taken
        self._here = circumstances
        self._database = circumstances.database
        self._breaker = Breaker(taken.failures)
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
        while batch and not ledger.is_stuck and self._may_send():
            try:
                next_ = await self._send(line, batch[0])
            except Unavailable:
                if not await self._is_its_own_fault(batch):
                    raise
                next_ = self._decide(batch[0], _UNREADABLE)
            ledger.note(next_, self._breaker)
            batch.popleft()
            if self._breaker.failures:
                return False
        return not batch

    def _may_send(self) -> bool:
        return self._here.may_go_on() and self._here.term() == self._term

    async def _is_its_own_fault(self, batch: Sequence[Delivery]) -> bool:
        """Tell whether the first file cannot be read again and again, while the next one can."""
        return (
            self._here.stumbles.is_suspect(self._taken.id, batch[0].id)
            and len(batch) > 1
            and await self._can_be_read(batch[1])
            and not await self._can_be_read(batch[0])
        )

    async def _can_be_read(self, delivery: Delivery) -> bool:
        try:
            async with self._here.files.open(delivery.instance.id) as file:
                async for _ in file:
                    pass
        except (NotFound, Unavailable):
            return False
        return True

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
            if not await self._here.is_here(delivery.instance.id):
                return gone(delivery)
            return self._decide(delivery, _MISSING, is_absent=is_absent)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not to stop the others
            log.error("delivery_failed", error=type(error).__name__)  # noqa: TRY400 - it may quote a data set
            return self._decide(delivery, _OUR_ERROR, is_absent=is_absent)
        self._note(outcome)
        return self._decide(delivery, outcome, is_absent=is_absent)

    def _decide(self, delivery: Delivery, outcome: Outcome, *, is_absent: bool = False) -> Next:
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
        self._here.bell.ring("ended")
        for one in settled:
            if one.state is State.DELIVERED:
                self._here.metrics.observe(self._taken.name, one.seconds)
