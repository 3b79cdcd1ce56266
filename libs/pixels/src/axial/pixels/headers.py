"""What the header of a file tells of its image."""

import math
from typing import NamedTuple

from axial.common.attributes import vr_of
from axial.common.datasets import Dataset, Element, Tree, read_tree
from axial.common.values import NUMBER_FORMATS, numbers
from axial.pixels.description import Palette, Pixels
from axial.pixels.native import exchanged
from axial.pixels.refusals import Undecodable

_MODALITY = 0x00080060
_SAMPLES_PER_PIXEL = 0x00280002
_PHOTOMETRIC_INTERPRETATION = 0x00280004
_PLANAR_CONFIGURATION = 0x00280006
_NUMBER_OF_FRAMES = 0x00280008
_ROWS = 0x00280010
_COLUMNS = 0x00280011
_BITS_ALLOCATED = 0x00280100
_BITS_STORED = 0x00280101
_HIGH_BIT = 0x00280102
_PIXEL_REPRESENTATION = 0x00280103
_WINDOW_CENTER, _WINDOW_WIDTH = 0x00281050, 0x00281051
_RESCALE_INTERCEPT, _RESCALE_SLOPE = 0x00281052, 0x00281053
_PALETTE_DESCRIPTORS = (0x00281101, 0x00281102, 0x00281103)
_PALETTE_TABLES = (0x00281201, 0x00281202, 0x00281203)
_SEGMENTED_TABLES = (0x00281221, 0x00281222, 0x00281223)
_PIXEL_VALUE_TRANSFORMATION = 0x00289145
_FRAME_VOI_LUT = 0x00289132
_DOSE_GRID_SCALING = 0x3004000E
_SHARED_GROUPS, _GROUPS_OF_FRAMES = 0x52009229, 0x52009230
_EXTENDED_OFFSET_TABLE = 0x7FE00001

_PALETTE_COLOR = "PALETTE COLOR"

# A film of an hour and a half has 162,000.
MAX_FRAMES = 1_000_000
# The binary numbers are short; a text that tells a number is, too.
_MAX_NUMBER_BYTES = 1024


class Rescale(NamedTuple):
    """From stored values to values with a meaning (PS3.3 section C.11.1)."""

    slope: float
    intercept: float


class Window(NamedTuple):
    """The values that are shown, of those with a meaning (PS3.3 section C.11.2)."""

    center: float
    width: float


UNSCALED = Rescale(1.0, 0.0)
BYTE_WINDOW = Window(128.0, 256.0)


def whole_range(pixels: Pixels) -> Window:
    """The window of an image that proposes none: as many values as its bits can hold, from zero on."""
    width = float(2**pixels.bits_stored)
    return Window(width / 2, width)


class ImageHeader:
    """The header of one file, asked for what it tells of the image."""

    def __init__(self, raw: bytes) -> None:
        self._tree: Tree = read_tree(raw)
        self._root = self._tree.root

    @property
    def has_image(self) -> bool:
        """Whether the size of an image is there, at least."""
        return _ROWS in self._root.elements and _COLUMNS in self._root.elements

    @property
    def frames(self) -> int:
        """The number of frames, one when it is not told; raises `Undecodable` when there cannot be so many."""
        told = self._number(_NUMBER_OF_FRAMES, 1)
        if told > MAX_FRAMES:
            raise Undecodable("The image tells an impossible number of frames")
        return max(int(told), 1)

    @property
    def extended_offsets(self) -> tuple[int, ...]:
        """Where each frame begins in encapsulated pixel data; empty when the file does not tell."""
        return tuple(map(int, self._numbers(self._root, _EXTENDED_OFFSET_TABLE, as_vr="UV")))

    def pixels(self, transfer_syntax_uid: str, vr: str) -> Pixels:
        """Tell how the pixels are encoded; raises `Undecodable` when they cannot be."""
        allocated = int(self._number(_BITS_ALLOCATED, {"OF": 32, "OD": 64}.get(vr, 0)))
        stored = int(self._number(_BITS_STORED, allocated))
        photometric = self._text(_PHOTOMETRIC_INTERPRETATION)
        pixels = Pixels(
            transfer_syntax_uid=transfer_syntax_uid,
            vr=vr,
            rows=int(self._number(_ROWS, 0)),
            columns=int(self._number(_COLUMNS, 0)),
            samples=int(self._number(_SAMPLES_PER_PIXEL, 1)),
            photometric_interpretation=photometric,
            planar=self._number(_PLANAR_CONFIGURATION, 0) == 1,
            bits_allocated=allocated,
            bits_stored=stored,
            high_bit=int(self._number(_HIGH_BIT, stored - 1)),
            signed=self._number(_PIXEL_REPRESENTATION, 0) == 1,
            frames=self.frames,
            palette=self._palette() if photometric == _PALETTE_COLOR else None,
        )
        pixels.check()
        return pixels

    def rescale(self, frame: int) -> Rescale:
        """Tell the rescaling of a frame: its own, that of all frames, or that of the image."""
        for dataset in self._groups(frame, _PIXEL_VALUE_TRANSFORMATION):
            slope = self._first(dataset, _RESCALE_SLOPE)
            intercept = self._first(dataset, _RESCALE_INTERCEPT)
            if slope is not None and intercept is not None:
                return Rescale(slope, intercept)
        dose = self._first(self._root, _DOSE_GRID_SCALING)
        if dose is not None and self._text(_MODALITY) == "RTDOSE":
            return Rescale(dose, 0.0)
        return UNSCALED

    def window(self, frame: int) -> Window | None:
        """Tell the first window of a frame; None when the file proposes none."""
        for dataset in self._groups(frame, _FRAME_VOI_LUT):
            center = self._first(dataset, _WINDOW_CENTER)
            width = self._first(dataset, _WINDOW_WIDTH)
            if center is not None and width is not None:
                return Window(center, width)
        return None

    def _groups(self, frame: int, group: int) -> list[Dataset]:
        """List the places where an attribute of a frame may stand, the most particular first."""
        found = []
        of_frames = self._items(self._root, _GROUPS_OF_FRAMES)
        for item in (*of_frames[frame : frame + 1], *self._items(self._root, _SHARED_GROUPS)):
            found += self._items(item, group)[:1]
        return [*found, self._root]

    @staticmethod
    def _items(dataset: Dataset, tag: int) -> list[Dataset]:
        element = dataset.elements.get(tag)
        return element.items or [] if element else []

    def _palette(self) -> Palette | None:
        segmented = _SEGMENTED_TABLES[0] in self._root.elements
        tables = [
            self._value(self._root.elements.get(tag))
            for tag in (_SEGMENTED_TABLES if segmented else _PALETTE_TABLES)
        ]
        descriptors = [self._numbers(self._root, tag, as_vr="US") for tag in _PALETTE_DESCRIPTORS]
        if not all(tables) or not all(len(descriptor) == 3 for descriptor in descriptors):  # noqa: PLR2004 - length, first value, bits
            return None
        if self._root.byte_order == "big":
            tables = [exchanged(table) for table in tables]
        return Palette(
            tuple(tuple(map(int, descriptor)) for descriptor in descriptors),
            tuple(tables),
            segmented,
        )

    def _number(self, tag: int, absent: float) -> float:
        found = self._first(self._root, tag)
        return absent if found is None else found

    def _first(self, dataset: Dataset, tag: int) -> float | None:
        """Read the first number of an attribute; None when there is none."""
        return next(iter(self._numbers(dataset, tag)), None)

    def _numbers(self, dataset: Dataset, tag: int, as_vr: str = "") -> tuple[float, ...]:
        element = dataset.elements.get(tag)
        if element is None:
            return ()
        vr = as_vr or (vr_of(tag) if element.vr == "UN" else element.vr)
        value = self._value(element)
        if vr in NUMBER_FORMATS:
            return numbers(value, vr, dataset.byte_order)
        text = value[:_MAX_NUMBER_BYTES].decode("ascii", "replace").strip(" \0")
        try:
            found = float(text.partition("\\")[0])
        except ValueError:
            return ()
        return (found,) if math.isfinite(found) else ()

    def _text(self, tag: int) -> str:
        value = self._value(self._root.elements.get(tag))[:_MAX_NUMBER_BYTES]
        return value.decode("ascii", "replace").strip(" \0")

    def _value(self, element: Element | None) -> bytes:
        return self._tree.data[element.start : element.stop] if element else b""
