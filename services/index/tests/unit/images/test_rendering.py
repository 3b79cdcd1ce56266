"""From stored values to pictures."""

from typing import Any

import numpy as np
import pytest

from axial.index.images.rendering import render, rescaled
from axial.index.images.tasks import Mode, Picture
from axial.pixels.description import Pixels
from axial.pixels.headers import Rescale, Window
from axial.pixels.refusals import Undecodable

pytestmark = pytest.mark.unit

VALUES = np.array([[-40000, -300, -1, 0], [1, 255, 256, 70000]], np.int32)
COLOUR = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def pixels(photometric_interpretation: str = "MONOCHROME2", bits: int = 16) -> Pixels:
    """Describe pixels."""
    usual: dict[str, Any] = {
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "vr": "OW",
        "rows": 2,
        "columns": 4,
        "samples": 1,
        "planar": False,
        "bits_allocated": 16,
        "bits_stored": bits,
        "high_bit": bits - 1,
        "signed": False,
        "frames": 1,
        "palette": None,
    }
    return Pixels(photometric_interpretation=photometric_interpretation, **usual)


@pytest.mark.parametrize(
    ("mode", "low", "high", "type_"),
    [
        (Mode.UINT8, 0, 255, np.uint8),
        (Mode.UINT16, 0, 65535, np.uint16),
        (Mode.INT16, -32768, 32767, np.int16),
    ],
)
def test_cut(mode: Mode, low: int, high: int, type_: type) -> None:
    """Values are cut to the range that is asked for, whatever the photometric interpretation."""
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        shown = render(VALUES, pixels(photometric), Picture(mode))
        assert shown.dtype == type_
        assert np.array_equal(shown, np.clip(VALUES, low, high))
    with pytest.raises(Undecodable):
        render(COLOUR, pixels("RGB"), Picture(mode))


def test_preview() -> None:
    """The whole range is stretched, and white stays white in MONOCHROME1."""
    values = np.array([[100, 150, 200]], np.uint16)
    preview = Picture(Mode.PREVIEW)
    assert render(values, pixels(), preview).tolist() == [[0, 128, 255]]
    assert render(values, pixels("MONOCHROME1"), preview).tolist() == [[255, 127, 0]]
    assert render(values * 0 + 7, pixels(), preview).tolist() == [[0, 0, 0]]


def test_preview_of_floats() -> None:
    """What is not a number is shown as zero."""
    values = np.array([[np.nan, 1.0, 2.0]], np.float32)
    assert render(values, pixels(), Picture(Mode.PREVIEW)).tolist() == [[0, 128, 255]]


def test_preview_in_colour() -> None:
    """Colour is not stretched; of more than eight bits the upper ones are shown."""
    assert np.array_equal(render(COLOUR, pixels("RGB", 8), Picture(Mode.PREVIEW)), COLOUR)
    deep = COLOUR.astype(np.uint16) * 257
    assert np.array_equal(render(deep, pixels("RGB"), Picture(Mode.PREVIEW)), COLOUR)


@pytest.mark.parametrize(
    ("rescale", "window", "expected"),
    [
        (Rescale(1, 0), Window(128, 256), [0, 99, 254, 255]),
        (Rescale(2, -100), Window(0, 400), [63, 191, 255, 255]),
        (Rescale(1, 0), Window(100, 0), [0, 127, 255, 255]),
        (Rescale(0, 0), Window(128, 256), [0, 0, 0, 0]),
    ],
)
def test_window(rescale: Rescale, window: Window, expected: list[int]) -> None:
    """Values in the window are spread over a byte; a width or a slope of zero does no harm."""
    values = np.array([[0, 100, 255, 400]], np.uint16)
    picture = Picture(Mode.RENDERED, rescale=rescale, window=window)
    assert render(values, pixels(), picture).tolist() == [expected]


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(0, 0, (2, 4)), (8, 0, (4, 8)), (0, 1, (1, 2)), (2, 100, (1, 2)), (100, 4, (4, 8))],
)
def test_size(width: int, height: int, shape: tuple[int, int]) -> None:
    """A picture fits into the box without losing its shape, in grey and in colour."""
    picture = Picture(Mode.RENDERED, width=width, height=height)
    assert render(np.zeros((2, 4), np.uint8), pixels(), picture).shape == shape
    assert render(COLOUR, pixels("RGB", 8), picture).shape == (*shape, 3)


@pytest.mark.parametrize(("width", "height"), [(100_000, 0), (0, 2**31)])
def test_absurd_size(width: int, height: int) -> None:
    """A picture that would not fit into memory is refused."""
    with pytest.raises(Undecodable):
        render(COLOUR, pixels("RGB", 8), Picture(Mode.RENDERED, width=width, height=height))


def test_smooth() -> None:
    """A fine pattern becomes grey when it is blurred before it is made smaller."""
    pattern = np.indices((16, 16)).sum(axis=0) % 2 * np.uint8(255)
    window = Window(127.5, 255)
    sharp = Picture(Mode.RENDERED, window=window, width=4)
    blurred = Picture(Mode.RENDERED, window=window, width=4, smooth=True)
    assert set(np.unique(render(pattern, pixels(), sharp))) <= {0, 255}
    assert np.abs(render(pattern, pixels(), blurred)[1:-1, 1:-1].astype(int) - 127).max() <= 2


def test_rescaled() -> None:
    """Stored values get their meaning as floating-point numbers."""
    found = rescaled(np.array([[1, 2]], np.uint16), Rescale(0.5, -1))
    assert found.dtype == np.float32
    assert found.tolist() == [[-0.5, 0]]
