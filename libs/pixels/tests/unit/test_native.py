"""Where native frames are."""

from typing import Any

import pytest

from axial.pixels.description import Pixels
from axial.pixels.native import NativePlace, as_stored_bytes, place_of

pytestmark = pytest.mark.unit

EXPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


def pixels(transfer_syntax_uid: str = EXPLICIT, **changes: Any) -> Pixels:
    """Describe frames of nine bytes."""
    usual: dict[str, Any] = {
        "vr": "OW",
        "rows": 3,
        "columns": 3,
        "samples": 1,
        "photometric_interpretation": "MONOCHROME2",
        "planar": False,
        "bits_allocated": 8,
        "bits_stored": 8,
        "high_bit": 7,
        "signed": False,
        "frames": 4,
        "palette": None,
    }
    return Pixels(transfer_syntax_uid, **(usual | changes))


@pytest.mark.parametrize(
    ("described", "frame", "place"),
    [
        (pixels(), 0, NativePlace(0, 9, 0)),
        (pixels(), 3, NativePlace(27, 36, 0)),
        (pixels(BIG), 1, NativePlace(8, 18, 8)),
        (pixels(BIG, vr="OB"), 1, NativePlace(9, 18, 0)),
        (pixels(bits_allocated=16), 2, NativePlace(36, 54, 0)),
        (pixels(bits_allocated=1), 0, NativePlace(0, 2, 0)),
        (pixels(bits_allocated=1), 1, NativePlace(1, 3, 1)),
        (pixels(bits_allocated=32), 100_000_000, NativePlace(3_600_000_000, 3_600_000_036, 0)),
        (
            pixels(samples=3, columns=2, photometric_interpretation="YBR_FULL_422"),
            1,
            NativePlace(12, 24, 0),
        ),
    ],
)
def test_place(described: Pixels, frame: int, place: NativePlace) -> None:
    """A frame is where arithmetic says, in whole words where words have a byte order."""
    assert place_of(described, frame) == place


def test_bytes_of_an_odd_frame() -> None:
    """A frame that shares a big endian word with its neighbour comes alone, and in little endian."""
    words = bytes([8, 1, 3, 2, 5, 4, 7, 6, 9, 8])
    assert as_stored_bytes(pixels(BIG), words, 8) == bytes([8, 2, 3, 4, 5, 6, 7, 8, 9])
    assert as_stored_bytes(pixels(), bytes(range(9)), 0) == bytes(range(9))
