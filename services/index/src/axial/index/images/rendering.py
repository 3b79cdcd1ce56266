"""From stored values to the values of a picture, in Orthanc's arithmetic."""

from typing import Any

import numpy as np

from axial.index.images.tasks import Mode, Picture
from axial.pixels.decoding import Array
from axial.pixels.description import MAX_FRAME_BYTES, Pixels
from axial.pixels.headers import Rescale, Window
from axial.pixels.refusals import Undecodable

_TYPES: dict[Mode, Any] = {Mode.UINT8: np.uint8, Mode.UINT16: np.uint16, Mode.INT16: np.int16}
_WHITE = 255
_COLOUR_DIMENSIONS = 3
# Orthanc avoids divisions by smaller ones.
_SMALLEST_SLOPE = 0.0001
# The weights of the 5x5 Gaussian, in one direction.
_GAUSSIAN = np.array([1, 4, 6, 4, 1], np.float32) / 16


def render(values: Array, pixels: Pixels, picture: Picture) -> Array:
    """Make the values of a picture: bytes, or 16-bit numbers where these are asked for."""
    is_colour = values.ndim == _COLOUR_DIMENSIONS
    if picture.mode in _TYPES:
        if is_colour:
            raise Undecodable("A colour image has no single value per pixel; ask for its preview")
        return _cut(values, _TYPES[picture.mode])
    if is_colour:
        shown = _colour_bytes(values, pixels)
    elif picture.mode is Mode.PREVIEW:
        shown = _stretched(values)
    else:
        shown = _windowed(values, picture.rescale, picture.window)
    if picture.mode is Mode.RENDERED:
        shown = _resized(shown, picture)
    return _WHITE - shown if pixels.is_inverted and not is_colour else shown


def rescaled(values: Array, rescale: Rescale) -> Array:
    """Give stored values their meaning."""
    return values.astype(np.float32) * np.float32(rescale.slope) + np.float32(rescale.intercept)


def _cut(values: Array, to: Any) -> Array:
    limits = np.iinfo(to)
    cut: Array = np.clip(np.nan_to_num(values), limits.min, limits.max).astype(to)
    return cut


def _colour_bytes(values: Array, pixels: Pixels) -> Array:
    if values.dtype.itemsize == 1:
        return values
    return (values >> max(pixels.bits_stored - 8, 0)).astype(np.uint8)


def _stretched(values: Array) -> Array:
    """Stretch the range of the values over a byte."""
    values = np.nan_to_num(values)
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros(values.shape, np.uint8)
    low, high = float(low), float(high)
    scale = np.float32(_WHITE / (high - low))
    stretched = (values.astype(np.float32) - np.float32(low)) * scale
    shown: Array = np.clip(np.floor(stretched + np.float32(0.5)), 0, _WHITE).astype(np.uint8)
    return shown


def _windowed(values: Array, rescale: Rescale, window: Window) -> Array:
    """Stretch the values in the window over a byte; fractions are cut off."""
    width = max(window.width, 1.0)
    slope = rescale.slope if abs(rescale.slope) > _SMALLEST_SLOPE else _SMALLEST_SLOPE
    scaling = _WHITE * slope / width
    offset = (rescale.intercept - window.center + width / 2.0) / slope
    scaled = values.astype(np.float32) * np.float32(scaling) + np.float32(offset * scaling)
    shown: Array = np.clip(np.nan_to_num(scaled), 0, _WHITE).astype(np.uint8)
    return shown


def _resized(shown: Array, picture: Picture) -> Array:
    """Fit a picture into the box that is asked for, with the nearest pixels."""
    rows, columns = shown.shape[:2]
    ratios = [
        np.float32(bound) / np.float32(size)
        for bound, size in ((picture.width, columns), (picture.height, rows))
        if bound
    ]
    ratio = min(ratios, default=np.float32(1))
    width = int(np.floor(ratio * np.float32(columns) + np.float32(0.5)))
    height = int(np.floor(ratio * np.float32(rows) + np.float32(0.5)))
    if (width, height) == (columns, rows):
        return shown
    if width < 1 or height < 1 or width * height * shown[0, 0].nbytes > MAX_FRAME_BYTES:
        raise Undecodable("A picture of this size cannot be made")
    if picture.smooth and ratio < 1:
        shown = _smoothed(shown)
    across = _nearest(columns, width)
    down = _nearest(rows, height)
    return shown[down][:, across]


def _nearest(size: int, target: int) -> Array:
    return np.minimum((np.arange(target) + 0.5) * size / target, size - 1).astype(np.intp)


def _smoothed(shown: Array) -> Array:
    blurred = shown.astype(np.float32)
    for axis in (0, 1):
        padding = [(0, 0)] * shown.ndim
        padding[axis] = (2, 2)
        padded = np.pad(blurred, padding, mode="edge")
        size = shown.shape[axis]
        blurred = sum(
            weight * np.take(padded, range(at, at + size), axis)
            for at, weight in enumerate(_GAUSSIAN)
        )
    return blurred.astype(np.uint8)
