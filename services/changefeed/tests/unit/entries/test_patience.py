"""How long a client may wait."""

import pytest

from axial.changefeed.entries.patience import read_seconds

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("5", 5),
        ("0.5", 0.5),
        ("60", 60),
        ("61", 60),
        ("-1", 0),
        ("+2", 2),
        ("9" * 19, 60),
    ],
)
def test_numbers_are_moved_into_what_is_granted(text: str, seconds: float) -> None:
    """At most a minute, at least nothing."""
    assert read_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1s", "nan", "inf", "1e3", "1,5", "٣", " 1", "9" * 20])
def test_the_rest_is_no_number(text: str) -> None:
    """Nor is what only Python would take for one."""
    assert read_seconds(text) is None
