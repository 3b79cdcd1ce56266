"""Numbers of the other byte order."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.index.content.values import exchanged, number_bytes

pytestmark = pytest.mark.unit


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    """Cut bytes into pieces of a size."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


@given(st.binary(max_size=100), st.integers(1, 17), st.sampled_from([2, 4, 8]))
async def test_each_number_is_exchanged(data: bytes, cut: int, size: int) -> None:
    """However the value comes in, its numbers are turned around; what is no whole number stays."""
    whole = len(data) - len(data) % size
    expected = b"".join(data[at : at + size][::-1] for at in range(0, whole, size)) + data[whole:]
    assert b"".join([piece async for piece in exchanged(pieces(data, cut), size)]) == expected


def test_sizes() -> None:
    """Texts and bytes have no order; an AT is two numbers of 16 bits."""
    sizes = [number_bytes(vr) for vr in ("LO", "OB", "UN", "AT", "OW", "FL", "OD", "")]
    assert sizes == [1, 1, 1, 2, 2, 4, 8, 1]
