"""Which headers are read on a thread."""

import pytest
import zstandard

from axial.common.identifiers import ResourceId
from axial.index.headers import Header

pytestmark = pytest.mark.unit

SOME = ResourceId("00000000-00000000-00000000-00000000-00000000")


@pytest.mark.parametrize(("raw", "is_large"), [(bytes(6_000), False), (bytes(10_000_000), True)])
def test_what_is_large_is_told_by_what_it_becomes(raw: bytes, *, is_large: bool) -> None:
    """A hostile header shrinks to some hundred bytes, and would be read while everybody waits."""
    compressed = zstandard.compress(raw)
    assert len(compressed) < 1_000
    assert Header(SOME, compressed, None).is_large is is_large
