"""A cache bounded by the memory it holds."""

import pytest

from axial.changefeed.reading.byte_cache import ByteCache

pytestmark = pytest.mark.unit


def test_the_least_recently_used_goes_first() -> None:
    """What is too large is not kept at all, and the bound is never passed."""
    cache: ByteCache[str, bytes] = ByteCache(1000)
    cache.put("a", b"a", 100)
    cache.put("b", b"b", 100)
    assert cache.get("a") == b"a"
    cache.put("c", b"c", 100)
    assert cache.get("b") is None
    assert cache.get("a") == b"a"
    cache.put("huge", b"", 1000)
    assert cache.get("huge") is None
    assert cache.size_bytes <= 1000


def test_a_value_takes_the_place_of_the_former() -> None:
    """Its size is counted in place of the other's; what is too large leaves nothing behind."""
    cache: ByteCache[str, bytes] = ByteCache(1000)
    cache.put("a", b"1", 600)
    cache.put("a", b"2", 100)
    assert cache.get("a") == b"2"
    cache.put("b", b"3", 100)
    assert cache.get("a") == b"2"
    cache.put("a", b"4", 2000)
    assert cache.get("a") is None
    cache.clear()
    assert (cache.get("b"), cache.size_bytes) == (None, 0)
