"""Byte ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.index.api.ranges import ByteRange, RangeNotSatisfiable, parse_range

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("Bytes= 10-19 ", (10, 20)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-30", (70, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=٣-", None),
        ("items=0-1", None),
    ],
)
def test_parse_range(header: str | None, expected: tuple[int, int] | None) -> None:
    """One range is read; what is none, or more than one, means the whole file."""
    assert parse_range(header, 100) == (ByteRange(*expected) if expected else None)


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=200-300", "bytes=-0", f"bytes={'9' * 5000}-"]
)
def test_not_satisfiable(header: str) -> None:
    """A range that begins behind the end, or is empty, cannot be sent."""
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 100)


@given(st.text("bytes=-0123456789, ", max_size=20), st.integers(0, 1000))
def test_a_range_is_always_within_the_file(header: str, size_bytes: int) -> None:
    """Whatever is asked for, no byte outside the file and no empty range is given."""
    try:
        found = parse_range(header, size_bytes)
    except RangeNotSatisfiable:
        return
    if found is not None:
        assert 0 <= found.start < found.end <= size_bytes
