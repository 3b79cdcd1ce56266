"""The pauses between attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.changefeed.push.backoff import Backoff

pytestmark = pytest.mark.unit

LONGEST = Backoff(jitter=lambda: 1.0)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (100_000, 300)]
)
def test_doubles_up_to_its_bound(failures: int, seconds: float) -> None:
    """One second at most after the first failure, twice as much after each, five minutes in the end."""
    assert LONGEST.pause(failures) == seconds


@given(st.integers(1, 50))
def test_jitter_is_full(failures: int) -> None:
    """Endpoints that failed together are spread over the whole range."""
    assert Backoff(jitter=lambda: 0.0).pause(failures) == 0
    assert Backoff(jitter=lambda: 0.5).pause(failures) == LONGEST.pause(failures) / 2
    assert 0 <= Backoff().pause(failures) < LONGEST.pause(failures)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 8), (3.0, 8), (8.5, 8.5), (3600.0, 3600), (1e9, 3600)]
)
def test_the_endpoint_may_ask_for_more(asked: float | None, seconds: float) -> None:
    """Retry-After makes a pause longer, never shorter, and not longer than an hour."""
    assert LONGEST.pause(4, asked) == seconds
