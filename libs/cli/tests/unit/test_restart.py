"""The decision whether to start a process again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.cli.restart import MOST_DEATHS, WINDOW_SECONDS, GiveUp, StartAgain, after_death

pytestmark = pytest.mark.unit


def _decisions(times: list[float]) -> list[GiveUp | StartAgain]:
    deaths: tuple[float, ...] = ()
    decisions = []
    for time in times:
        deaths, decision = after_death(deaths, time)
        decisions.append(decision)
    return decisions


def test_the_fifth_death_within_a_minute_is_the_last() -> None:
    """Four quick deaths are forgiven, each with a longer pause; the fifth is not."""
    *forgiven, last = _decisions([0.0, 1.0, 2.0, 3.0, 4.0])
    delays = [decision.delay_seconds for decision in forgiven if isinstance(decision, StartAgain)]
    assert delays == [0.2, 0.4, 0.8, 1.6]
    assert last == GiveUp()


def test_old_deaths_are_forgotten() -> None:
    """A process that dies now and then, for ever, is started again for ever, and at once."""
    decisions = _decisions([WINDOW_SECONDS * day for day in range(1000)])
    assert decisions == [StartAgain(0.2)] * 1000


@given(st.lists(st.floats(0, 600), min_size=1, max_size=40).map(sorted))
def test_it_gives_up_exactly_when_the_window_is_full(times: list[float]) -> None:
    """Whatever the times, the decision follows from the deaths within the last minute alone."""
    for position, decision in enumerate(_decisions(times)):
        within = [t for t in times[: position + 1] if times[position] - t < WINDOW_SECONDS]
        assert isinstance(decision, GiveUp) == (len(within) >= MOST_DEATHS)
