"""Attempts at deliveries to one destination, and what they say of it."""

from collections.abc import Sequence

import structlog

from axial.common.errors import NotFound, Unavailable
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.database import Taken
from axial.router.deliveries.deciding import (
    Breaker,
    Next,
    break_or_mend,
    confirmed,
    decide,
    gone,
)
from axial.router.deliveries.delivery import Delivery
from axial.router.destinations.port import Line, Outcome, Verdict

log = structlog.get_logger(__name__)

_CONFIRMED = Outcome(Verdict.DELIVERED)
_MISSING = Outcome(Verdict.FAILED, reason="Its file is missing here.")
_UNREADABLE = Outcome(Verdict.FAILED, reason="Its file cannot be read here.")
_OUR_ERROR = Outcome(
    Verdict.FAILED, reason="It cannot be sent: an error of ours.", is_doubtful=True
)


class Attempts:
    """Makes them one after the other, and counts when the destination is away."""

    def __init__(self, taken: Taken, circumstances: Circumstances) -> None:
        self._taken = taken
        self._here = circumstances
        #: How the destination is by now.
        self.breaker = Breaker(taken.failures)

    async def make(self, line: Line, batch: Sequence[Delivery]) -> Next:
        """Make one attempt at the first of a batch; raise Unavailable when something of ours is away."""
        try:
            return await self._make(line, batch[0])
        except Unavailable:
            if not await self._is_its_own_fault(batch):
                raise
        return self._decide(batch[0], _UNREADABLE)

    def note(self, outcome: Outcome) -> None:
        """Hear how the destination is, and log it when that is news."""
        before = self.breaker
        self.breaker = break_or_mend(before, outcome, self._here.backoff)
        if self.breaker.failures and not before.failures:
            log.warning(
                "destination_away", destination=self._taken.name.name, reason=outcome.reason
            )
        elif before.failures and not self.breaker.failures:
            log.info("destination_back", destination=self._taken.name.name)

    async def _make(self, line: Line, delivery: Delivery) -> Next:
        """Make it, unless it is known to have succeeded."""
        is_absent = False
        try:
            if delivery.is_doubtful and delivery.is_conclusive:
                is_there = await line.has(delivery.instance)
                if is_there:
                    self.note(_CONFIRMED)
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
        self.note(outcome)
        return self._decide(delivery, outcome, is_absent=is_absent)

    def _decide(self, delivery: Delivery, outcome: Outcome, *, is_absent: bool = False) -> Next:
        self._here.metrics.count_attempt(self._taken.name, outcome)
        next_ = decide(delivery, outcome, self.breaker, self._here.backoff, is_absent=is_absent)
        if next_.is_duplicate and not delivery.is_duplicate:
            self._here.metrics.count_duplicate(self._taken.name)
        return next_

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
