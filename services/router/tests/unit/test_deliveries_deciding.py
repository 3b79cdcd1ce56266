"""What an attempt means for a delivery, and for its destination."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.dimse.sending.instances import Instance
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.deciding import (
    Breaker,
    break_or_mend,
    confirmed,
    decide,
    give_back,
    gone,
)
from axial.router.deliveries.delivery import Delivery, State
from axial.router.destinations.port import Outcome, Verdict

pytestmark = pytest.mark.unit

_FULL = Backoff(1.0, 300.0, jitter=lambda: 0.0)
_ONE = Delivery(7, Instance("i", "1.2", "1.2.3", "1.2.4"), maximum_attempts=3)
_DELIVERED = Outcome(Verdict.DELIVERED, "dimse", 0)
_REFUSED = Outcome(Verdict.REFUSED, "dimse", 0xA900, "not of this class")
_FAILED = Outcome(Verdict.FAILED, "dimse", 0x0110, "failed")
_AWAY = Outcome(Verdict.AWAY, reason="away")
_LOST = Outcome(Verdict.AWAY, reason="no answer", is_doubtful=True)
_BROKEN = Outcome(Verdict.AWAY, reason="broken off", is_broken=True)


@pytest.mark.parametrize(
    ("delivery", "outcome", "failures", "state", "attempts", "pause"),
    [
        (_ONE, _DELIVERED, 0, State.DELIVERED, 0, None),
        (_ONE, _REFUSED, 0, State.DEAD, 0, None),
        (_ONE, _FAILED, 0, State.DUE, 1, 1.0),
        (replace(_ONE, attempts=1), _FAILED, 0, State.DUE, 2, 2.0),
        (replace(_ONE, attempts=2), _FAILED, 0, State.DEAD, 3, None),
        (replace(_ONE, attempts=20, maximum_attempts=0), _FAILED, 0, State.DUE, 21, 300.0),
        # An outage is nobody's own failure, however long it lasts.
        (replace(_ONE, attempts=2), _AWAY, 99, State.DUE, 2, None),
        (_ONE, _LOST, 1, State.DUE, 0, None),
        # Thrice at the same one: the others go first.
        (replace(_ONE, breaks=2), _LOST, 1, State.DUE, 1, 1.0),
        (replace(_ONE, breaks=2, attempts=2), _LOST, 1, State.DEAD, 3, None),
        (replace(_ONE, breaks=2), _BROKEN, 3, State.DUE, 1, 1.0),
        # The others go first, but it is not to blame: others have failed in between.
        (replace(_ONE, breaks=2, attempts=2), _LOST, 4, State.DUE, 2, 2.0),
        (replace(_ONE, breaks=2), _BROKEN, 99, State.DUE, 0, 1.0),
        # Elsewhere after two failures, of its own or of the destination.
        (replace(_ONE, fallback_after=2), _FAILED, 0, State.DUE, 1, 1.0),
        (replace(_ONE, fallback_after=2, attempts=1), _FAILED, 0, State.DIVERTED, 2, None),
        (replace(_ONE, fallback_after=2), _AWAY, 1, State.DUE, 0, None),
        (replace(_ONE, fallback_after=2), _AWAY, 2, State.DIVERTED, 0, None),
        # Whoever has a fallback is not given up.
        (replace(_ONE, fallback_after=9), _REFUSED, 0, State.DIVERTED, 0, None),
        (replace(_ONE, fallback_after=9, attempts=2), _FAILED, 0, State.DIVERTED, 3, None),
    ],
)
def test_outcomes(
    delivery: Delivery,
    outcome: Outcome,
    failures: int,
    state: State,
    attempts: int,
    pause: float | None,
) -> None:
    """Each outcome has the one consequence that is documented."""
    next_ = decide(delivery, outcome, Breaker(failures), _FULL, is_absent=False)
    assert (next_.state, next_.attempts, next_.pause) == (state, attempts, pause)
    assert next_.outcome is outcome
    assert next_.reason == outcome.reason


def test_doubt() -> None:
    """Doubt stays until the destination has answered; what is sent in spite of it may be there twice."""
    doubtful = decide(_ONE, _LOST, Breaker(1), _FULL, is_absent=False)
    assert doubtful.is_doubtful
    again = replace(_ONE, is_doubtful=True)
    assert decide(again, _AWAY, Breaker(2), _FULL, is_absent=False).is_doubtful
    assert not decide(again, _AWAY, Breaker(2), _FULL, is_absent=True).is_doubtful
    assert decide(again, _FAILED, Breaker(), _FULL, is_absent=False).is_doubtful
    assert decide(again, _DELIVERED, Breaker(), _FULL, is_absent=False).is_duplicate
    assert not decide(again, _DELIVERED, Breaker(), _FULL, is_absent=True).is_duplicate
    assert not confirmed(again).is_duplicate
    assert confirmed(again).state is State.DELIVERED
    # A dead letter may be replayed.
    assert decide(again, _REFUSED, Breaker(), _FULL, is_absent=False).is_doubtful


def test_who_breaks_a_destination_steps_aside() -> None:
    """The others go first when it is tried again, however long that takes: the destination may be dying of this one."""
    delivery, breaker, pauses = _ONE, Breaker(), []
    for _ in range(7):
        breaker = break_or_mend(breaker, _BROKEN, _FULL)
        next_ = decide(delivery, _BROKEN, breaker, _FULL, is_absent=False)
        pauses.append(next_.pause and next_.pause - breaker.pause)
        delivery = replace(delivery, attempts=next_.attempts, breaks=next_.breaks)
    assert pauses == [None, None, 1.0, None, None, 1.0, None]
    # What has nobody to compare with uses up no more of its attempts than an outage does.
    assert delivery.attempts == 1


def test_untried() -> None:
    """What was not tried is as it was, and its last outcome stays."""
    delivery = replace(_ONE, attempts=2, breaks=1, is_doubtful=True)
    next_ = give_back(delivery)
    assert (next_.state, next_.attempts, next_.breaks) == (State.DUE, 2, 1)
    assert next_.is_doubtful
    assert next_.outcome is None
    assert give_back(_ONE, is_doubtful=True).is_doubtful
    assert gone(_ONE).state is State.GONE


def test_breaker() -> None:
    """Only a destination that is away holds the others, and any answer of it lets them go."""
    once = break_or_mend(Breaker(), _AWAY, _FULL)
    twice = break_or_mend(once, _LOST, _FULL)
    assert (once, twice) == (Breaker(1, 1.0), Breaker(2, 2.0))
    for answer in (_DELIVERED, _REFUSED, _FAILED):
        assert break_or_mend(twice, answer, _FULL) == Breaker()


def test_wanted_pause() -> None:
    """Who asks for patience gets it, within bounds."""
    busy = replace(_AWAY, retry_after_seconds=40.0)
    assert break_or_mend(Breaker(), busy, _FULL).pause == 40.0
    assert break_or_mend(Breaker(8), busy, _FULL).pause == 256.0
    endless = replace(_AWAY, retry_after_seconds=1e9)
    assert break_or_mend(Breaker(), endless, _FULL).pause == 3600.0
    failed = decide(
        _ONE, replace(_FAILED, retry_after_seconds=9.0), Breaker(), _FULL, is_absent=False
    )
    assert failed.pause == 9.0


@given(
    failures=st.integers(1, 10_000),
    jitter=st.floats(0.0, 1.0, exclude_max=True),
    first=st.floats(0.001, 10.0),
    longest=st.floats(0.001, 1000.0),
)
def test_pauses_are_bounded(failures: int, jitter: float, first: float, longest: float) -> None:
    """A pause is never longer than the longest, never shorter than half of what it is without jitter."""
    full = Backoff(first, longest, jitter=lambda: 0.0).pause(failures)
    pause = Backoff(first, longest, jitter=lambda: jitter).pause(failures)
    assert full <= longest
    assert full / 2 <= pause <= full


def test_an_outage_of_minutes_is_survived() -> None:
    """Ten attempts that all fail take longer than four minutes, whatever the dice say."""
    impatient = Backoff(1.0, 300.0, jitter=lambda: 0.999999)
    assert sum(impatient.pause(attempt) for attempt in range(1, 10)) > 240


_OUTCOMES = st.sampled_from([_DELIVERED, _REFUSED, _FAILED, _AWAY, _LOST])


@given(st.lists(_OUTCOMES, max_size=40), st.integers(1, 5), st.integers(0, 4))
def test_every_delivery_ends_with_a_reason(
    outcomes: list[Outcome], maximum: int, fallback_after: int
) -> None:
    """Whatever happens, it is due until it ends; it ends dead at the latest with its last attempt, never unsaid."""
    delivery = replace(_ONE, maximum_attempts=maximum, fallback_after=fallback_after)
    breaker = Breaker()
    for outcome in outcomes:
        breaker = break_or_mend(breaker, outcome, _FULL)
        next_ = decide(delivery, outcome, breaker, _FULL, is_absent=False)
        assert next_.attempts <= maximum
        if next_.state is not State.DUE:
            assert next_.reason == outcome.reason
            assert (next_.state is State.DELIVERED) == (outcome.verdict is Verdict.DELIVERED)
            assert next_.state is not State.DEAD or not fallback_after
            return
        assert outcome.verdict in (Verdict.FAILED, Verdict.AWAY)
        assert next_.attempts < maximum
        delivery = replace(
            delivery,
            attempts=next_.attempts,
            breaks=next_.breaks,
            is_doubtful=next_.is_doubtful,
            is_duplicate=next_.is_duplicate,
        )
