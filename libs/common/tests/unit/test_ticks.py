"""Time as the feeds count it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.ticks import Ticks, from_datetime, from_nanoseconds, iso_utc, orthanc_date

pytestmark = pytest.mark.unit

MOMENT = from_datetime(datetime(2020, 3, 4, 1, 3, 8, 483_400, tzinfo=UTC))


def test_the_feeds_form_drops_trailing_zeros() -> None:
    """As in the documentation's example, 2020-03-04T01:03:08.4834Z."""
    assert iso_utc(MOMENT) == "2020-03-04T01:03:08.4834Z"
    assert iso_utc(Ticks(MOMENT + 1)) == "2020-03-04T01:03:08.4834001Z"
    assert (
        iso_utc(Ticks(MOMENT // 10_000_000 * 10_000_000), "+00:00") == "2020-03-04T01:03:08+00:00"
    )


def test_orthancs_form_is_utc_to_the_second() -> None:
    """ISO basic format, as in /changes."""
    assert orthanc_date(MOMENT) == "20200304T010308"


@given(st.integers(min_value=0, max_value=2**62))
def test_nanoseconds_lose_only_what_is_below_a_tick(nanoseconds: int) -> None:
    """The log's clock is finer than the feed's."""
    assert 0 <= nanoseconds - from_nanoseconds(nanoseconds) * 100 < 100
