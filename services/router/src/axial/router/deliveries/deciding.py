"""What an attempt means for a delivery, and for its destination. Pure."""

from dataclasses import dataclass, replace

from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.delivery import Delivery, State
from axial.router.destinations.port import Outcome, Verdict

# An instance at which the destination broke off as often in a row may be the cause, and the others go first.
_MOST_BREAKS = 3
# Whoever asks for more is mistaken.
_LONGEST_WANTED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a delivery that was in hand."""

    id: int
    state: State
    attempts: int
    breaks: int
    is_doubtful: bool
    is_duplicate: bool
    #: Seconds until the next attempt, if it is due; None: it is the next in order.
    pause: float | None = None
    #: None when it was not tried.
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether anything is sent to a destination at all."""

    #: Times in a row that it was away.
    failures: int = 0
    #: Seconds until it is tried again; 0: at once.
    pause: float = 0.0


def give_back(delivery: Delivery, *, is_doubtful: bool = False) -> Next:
    """Let a delivery be due again that was in hand and was not tried, or nobody knows how that ended."""
    return Next(
        delivery.id,
        State.DUE,
        delivery.attempts,
        delivery.breaks,
        delivery.is_doubtful or is_doubtful,
        delivery.is_duplicate,
    )


def gone(delivery: Delivery) -> Next:
    """End a delivery whose instance is not here any more."""
    reason = "The instance is not here any more."
    return replace(give_back(delivery), state=State.GONE, reason=reason)


def confirmed(delivery: Delivery) -> Next:
    """End a delivery of which the destination says that it has arrived."""
    outcome = Outcome(Verdict.DELIVERED, reason="The destination had it already.")
    return _ended(delivery, State.DELIVERED, outcome)


def decide(
    delivery: Delivery, outcome: Outcome, breaker: Breaker, backoff: Backoff, *, is_absent: bool
) -> Next:
    """Say what becomes of a delivery after an attempt; `breaker` is as it is after that.

    `is_absent` is whether the destination has said before that it had it not.
    """
    unresolved = delivery.is_doubtful and not is_absent
    match outcome.verdict:
        case Verdict.DELIVERED:
            ended = _ended(delivery, State.DELIVERED, outcome)
            return replace(ended, is_duplicate=delivery.is_duplicate or unresolved)
        case Verdict.REFUSED:
            return _give_up(delivery, outcome, unresolved=unresolved)
        case Verdict.FAILED:
            return _failed(delivery, outcome, breaker, backoff, unresolved=unresolved)
        case Verdict.AWAY:
            return _away(delivery, outcome, breaker, backoff, unresolved=unresolved)


def break_or_mend(breaker: Breaker, outcome: Outcome, backoff: Backoff) -> Breaker:
    """Say what an attempt means for the others that wait for the same destination."""
    if outcome.verdict is not Verdict.AWAY:
        return Breaker()
    failures = breaker.failures + 1
    return Breaker(failures, _pause(backoff, failures, outcome))


def _pause(backoff: Backoff, failures: int, outcome: Outcome) -> float:
    """Wait as long as we want, and not less than the destination wants."""
    wanted = min(outcome.retry_after_seconds or 0.0, _LONGEST_WANTED_SECONDS)
    return max(backoff.pause(failures), wanted)


def _away(
    delivery: Delivery, outcome: Outcome, breaker: Breaker, backoff: Backoff, *, unresolved: bool
) -> Next:
    if _goes_elsewhere(delivery, breaker.failures):
        return _ended(delivery, State.DIVERTED, outcome)
    broken = replace(delivery, breaks=delivery.breaks + (outcome.is_doubtful or outcome.is_broken))
    if broken.breaks < _MOST_BREAKS:
        return _again(broken, outcome, unresolved=unresolved)
    if breaker.failures <= broken.breaks:
        return _failed(broken, outcome, breaker, backoff, unresolved=unresolved)
    # Something else has failed in between, too: this may as well be an outage, which uses up nobody's attempts.
    return _step_aside(broken, outcome, breaker, backoff, unresolved=unresolved)


def _failed(
    delivery: Delivery, outcome: Outcome, breaker: Breaker, backoff: Backoff, *, unresolved: bool
) -> Next:
    tried = replace(delivery, attempts=delivery.attempts + 1)
    attempts = tried.attempts
    if _goes_elsewhere(tried, attempts) or 0 < tried.maximum_attempts <= attempts:
        return _give_up(replace(tried, breaks=0), outcome, unresolved=unresolved)
    return _step_aside(tried, outcome, breaker, backoff, unresolved=unresolved)


def _step_aside(
    delivery: Delivery, outcome: Outcome, breaker: Breaker, backoff: Backoff, *, unresolved: bool
) -> Next:
    """Let the others go first: also when they have to wait for the destination until then."""
    pause = breaker.pause + _pause(backoff, delivery.attempts, outcome)
    return _again(replace(delivery, breaks=0), outcome, unresolved=unresolved, pause=pause)


def _again(
    delivery: Delivery, outcome: Outcome, *, unresolved: bool, pause: float | None = None
) -> Next:
    return replace(
        give_back(delivery),
        is_doubtful=outcome.is_doubtful or unresolved,
        pause=pause,
        outcome=outcome,
        reason=outcome.reason,
    )


def _goes_elsewhere(delivery: Delivery, failures: int) -> bool:
    return 0 < delivery.fallback_after <= failures


def _give_up(delivery: Delivery, outcome: Outcome, *, unresolved: bool) -> Next:
    """End it as a dead letter; but whoever has a fallback is not given up."""
    state = State.DIVERTED if delivery.fallback_after else State.DEAD
    # A dead letter may be sent again.
    return replace(_ended(delivery, state, outcome), is_doubtful=outcome.is_doubtful or unresolved)


def _ended(delivery: Delivery, state: State, outcome: Outcome) -> Next:
    return replace(
        give_back(delivery), state=state, is_doubtful=False, outcome=outcome, reason=outcome.reason
    )
