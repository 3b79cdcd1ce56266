"""The ends of values."""

import pytest

from axial.index.content.padding import End, end_of

pytestmark = pytest.mark.unit


# What Debian's Orthanc answers: see `test_content_beside_orthanc`.
@pytest.mark.parametrize(
    ("vr", "stored", "given"),
    [
        ("LO", b"ab    ", b"ab"),
        ("LO", b"abc   ", b"abc "),
        ("LO", b"abc\0", b"abc\0"),
        ("LO", b"ab \0", b"ab \0"),
        ("LO", b"abc", b"abc\0"),
        ("LO", b"  ", b""),
        ("LO", b"a \\b  ", b"a \\b"),
        ("UI", b"1.2\0\0\0", b"1.2\0"),
        ("UI", b"1.2   ", b"1.2\0"),
        ("UI", b"1.23", b"1.23"),
        ("UI", b"12\0 ", b"12"),
        ("UT", b"abc   ", b"abc "),
        ("UN", b"ab  ", b"ab  "),
        ("OB", b"abc", b"abc\0"),
        ("OW", b"abc", b"abc"),
        ("US", b"  ", b"  "),
        ("LO", b"", b""),
    ],
)
def test_ends(vr: str, stored: bytes, given: bytes) -> None:
    """Texts lose the padding they do not need, and get the one they do."""
    end = end_of(stored, len(stored), vr)
    assert stored[: len(stored) - end.cut_bytes] + end.padding == given


def test_of_a_long_value_the_tail_is_enough() -> None:
    """Whether the whole is of odd length counts, not the part that is looked at."""
    assert end_of(b"x  ", 1000, "LT") == End(2, b"")
    assert end_of(b"x ", 1001, "LT") == End(0, b"\0")
