"""Times of day, by the clocks of a place."""

from typing import Any

import pytest

from axial.router.rules.bodies import read
from axial.router.rules.changes import read_moment
from axial.router.rules.times import TimeOfDay, admission, local_time

pytestmark = pytest.mark.unit

NIGHT = {"TimeZone": "Europe/Berlin", "From": "22:00", "To": "06:00"}
WORK = {"TimeZone": "Europe/Berlin", "From": "08:00", "To": "17:30"}


@pytest.mark.parametrize(
    ("window", "moment", "verdict"),
    [
        # In winter clocks are one hour ahead of UTC. The end does not belong to it.
        (WORK, "2026-01-15T06:59:59.9999999Z", False),
        (WORK, "2026-01-15T07:00:00Z", True),
        (WORK, "2026-01-15T16:29:59.9999999Z", True),
        (WORK, "2026-01-15T16:30:00Z", False),
        # In summer they are two hours ahead of UTC.
        (WORK, "2026-07-15T06:00:00Z", True),
        (WORK, "2026-07-15T15:30:00Z", False),
        # The same moment, told in another zone.
        (WORK, "2026-07-15T01:00:00-05:00", True),
        # Over midnight.
        (NIGHT, "2026-01-15T20:59:59Z", False),
        (NIGHT, "2026-01-15T21:00:00Z", True),
        (NIGHT, "2026-01-16T04:59:59Z", True),
        (NIGHT, "2026-01-16T05:00:00Z", False),
        # A window belongs to the day on which it begins: 2026-11-20 is a Friday.
        (NIGHT | {"Days": ["Friday"]}, "2026-11-20T21:30:00Z", True),
        (NIGHT | {"Days": ["Friday"]}, "2026-11-21T04:00:00Z", True),
        (NIGHT | {"Days": ["Friday"]}, "2026-11-20T04:00:00Z", False),
        (NIGHT | {"Days": ["Saturday"]}, "2026-11-21T04:00:00Z", False),
        (WORK | {"Days": ["Monday", "Friday"]}, "2026-11-20T12:00:00Z", True),
        (WORK | {"Days": ["Saturday"]}, "2026-11-20T12:00:00Z", False),
        ({"TimeZone": "Asia/Tokyo", "Days": ["Saturday"]}, "2026-11-20T15:00:00Z", True),
        ({"TimeZone": "Asia/Tokyo", "Days": ["Saturday"]}, "2026-11-20T14:59:59Z", False),
        # In spring 02:00 to 03:00 is left out (2026-03-29), in autumn it comes twice (2026-10-25).
        (NIGHT | {"From": "02:00", "To": "03:00"}, "2026-03-29T00:59:59Z", False),
        (NIGHT | {"From": "02:00", "To": "03:00"}, "2026-03-29T01:00:00Z", False),
        (NIGHT | {"From": "02:00", "To": "03:00"}, "2026-10-25T00:00:00Z", True),
        (NIGHT | {"From": "02:00", "To": "03:00"}, "2026-10-25T01:59:59Z", True),
        (NIGHT | {"From": "02:00", "To": "03:00"}, "2026-10-25T02:00:00Z", False),
        # A zone that is not whole hours away.
        (
            {"TimeZone": "Asia/Kolkata", "From": "05:30", "To": "05:31"},
            "2026-11-20T00:00:00Z",
            True,
        ),
    ],
)
def test_windows(window: dict[str, Any], moment: str, verdict: bool) -> None:  # noqa: FBT001 - a column of the table
    """A change is within a window by the clocks of its place, on days when they are changed, too."""
    asked = read(TimeOfDay, window)
    assert admission(asked)(local_time(read_moment(moment), asked.time_zone)) is verdict


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.0000001Z", 1),
        ("1970-01-01T00:00:01.5Z", 15_000_000),
        ("1970-01-01T01:00:00.25+01:00", 2_500_000),
        ("1969-12-31T23:59:59.9999999Z", -1),
    ],
)
def test_moments(text: str, ticks: int) -> None:
    """Times of the feed are read to the tick."""
    assert read_moment(text) == ticks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.12345678Z",
        "2026-01-01T00:00:00.Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    """A time without its zone, or finer than a tick, is none."""
    with pytest.raises(ValueError):  # noqa: PT011 - in whose words is nothing to anybody
        read_moment(text)
