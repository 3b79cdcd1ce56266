"""A whole data set as a tree of elements (PS3.5 section 7), for those who show it."""

from typing import NamedTuple

from axial.common.deflate import inflate
from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import (
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    MAX_DEPTH,
    UNDEFINED_LENGTH,
    ByteOrder,
    Layout,
    Overrun,
    sniff,
    unusual_head,
)
from axial.common.errors import NotDicom
from axial.common.file_meta import PREFIX_STOP, has_prefix, read_file_meta
from axial.common.scan import MAX_KEPT_BYTES
from axial.common.skipper import Skipper

# Stray delimiters are no attributes.
_ITEM_GROUP = 0xFFFE0000

_PIXEL_REPRESENTATION = 0x00280103
_LUT_DESCRIPTOR = 0x00283002

_AMBIGUOUS_VRS = frozenset({"US or SS", "US or OW", "US or SS or OW", "OB or OW"})
_FRAGMENTED_VRS = frozenset({"OB", "OW", "OB or OW"})


class Element(NamedTuple):
    """One data element: its value stands in the tree's bytes, or is a sequence."""

    vr: str
    start: int
    stop: int
    items: "list[Dataset] | None" = None


class Dataset(NamedTuple):
    """The elements by tag; of an attribute that occurs twice the first occurrence, as DCMTK has it."""

    elements: dict[int, Element]
    byte_order: ByteOrder


class Tree(NamedTuple):
    """A data set with the bytes that its elements point into."""

    data: bytes
    root: Dataset


def read_tree(raw: bytes, dictionary: Dictionary = STANDARD) -> Tree:
    """Read what `read_header` kept.

    What is malformed within it ends its own level in silence: the file was accepted, so as much
    of it as can be understood is shown.
    """
    try:
        meta = read_file_meta(raw)
        data, start, layout = raw, meta.dataset_offset, meta.layout
        if meta.is_deflated:
            data, _ = inflate(raw, start, MAX_KEPT_BYTES)
            start, layout = 0, sniff(data, 0, layout)
    except (Overrun, NotDicom):
        return Tree(b"", Dataset({}, "little"))
    reader = _Reader(data, dictionary)
    root, _ = reader.read(start, len(data), layout)
    if reader.has_ambiguous_vrs:
        _settle(root, data, signed=False)
    return Tree(data, root)


def read_file_meta_tree(raw: bytes) -> Tree:
    """Read the file meta information of what `read_header` kept; without elements when there is none."""
    try:
        stop = read_file_meta(raw).dataset_offset
    except (Overrun, NotDicom):
        return Tree(b"", Dataset({}, "little"))
    start = PREFIX_STOP if has_prefix(raw) else 0
    root, _ = _Reader(raw, STANDARD).read(start, stop, sniff(raw, start, EXPLICIT_LITTLE))
    return Tree(raw, root)


class _Reader:
    """Reads the levels of one tree."""

    def __init__(self, data: bytes, dictionary: Dictionary) -> None:
        self._data = data
        self._vr_of = dictionary.vr_of
        self.has_ambiguous_vrs = False

    def read(self, position: int, end: int, layout: Layout, depth: int = 0) -> tuple[Dataset, int]:
        """The data set that begins at `position`, and the position after it."""
        data, head, short_vrs = self._data, layout.head, layout.short_vrs
        swapped = layout.byte_order == "little"
        elements: dict[int, Element] = {}
        while position + HEAD_BYTES <= end:
            key, first, length = head(data, position)
            if key == layout.item_end and depth:
                return Dataset(elements, layout.byte_order), position + HEAD_BYTES
            tag = (key & 0xFFFF) << 16 | key >> 16 if swapped else key
            items = None
            if first in short_vrs:
                vr, start = short_vrs[first], position + HEAD_BYTES
                stop = start + length
            else:
                try:
                    vr, start, length = unusual_head(data, position, first, length, layout)
                    vr = vr or self._untold_vr(tag, elements)
                    if length == UNDEFINED_LENGTH and vr in _FRAGMENTED_VRS:
                        stop = Skipper(data).past(start, vr, layout)
                    elif length == UNDEFINED_LENGTH:
                        items_layout = EXPLICIT_LITTLE if vr == "UN" and layout.explicit else layout
                        vr = "SQ"
                        items, stop = self._items(start, end, items_layout, depth + 1)
                    else:
                        stop = start + length
                        if vr == "SQ":
                            items, _ = self._items(start, min(stop, end), layout, depth + 1)
                except (Overrun, NotDicom):
                    break
            if stop > end:
                break
            if tag < _ITEM_GROUP and tag not in elements:
                elements[tag] = Element(vr, start, stop, items)
            position = stop
        return Dataset(elements, layout.byte_order), end

    def _items(
        self, position: int, end: int, layout: Layout, depth: int
    ) -> tuple[list[Dataset], int]:
        items: list[Dataset] = []
        while depth <= MAX_DEPTH and position + HEAD_BYTES <= end:
            key, first, second = layout.head(self._data, position)
            position += HEAD_BYTES
            if key == layout.sequence_end:
                return items, position
            if key != layout.item:
                break
            length = layout.join(first, second)
            item_layout = sniff(self._data, position, layout) if layout.explicit else layout
            if length == UNDEFINED_LENGTH:
                item, position = self.read(position, end, item_layout, depth)
            else:
                stop = min(position + length, end)
                item, _ = self.read(position, stop, item_layout, depth)
                position = stop
            items.append(item)
        return items, end

    def _untold_vr(self, tag: int, elements: dict[int, Element]) -> str:
        if not tag & 0x10000:
            vr = self._vr_of(tag)
            if vr in _AMBIGUOUS_VRS:
                self.has_ambiguous_vrs = True
            return vr
        creator = elements.get(creator_tag(tag))
        if creator is None:
            return "LO" if is_private_creator(tag) else self._vr_of(tag)
        name = self._data[creator.start : creator.stop].decode("ascii", "replace").strip(" \0")
        return self._vr_of(tag, name)


def is_private_creator(tag: int) -> bool:
    """Whether the element reserves a block of private ones (PS3.5 section 7.8.1)."""
    return bool(tag & 0x10000) and 0x10 <= tag & 0xFFFF <= 0xFF  # noqa: PLR2004


def creator_tag(tag: int) -> int:
    """The tag of the private creator that reserves the block of a private element."""
    return tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8


def _settle(dataset: Dataset, data: bytes, *, signed: bool) -> None:
    """Decide the VRs that depend on other elements (PS3.5 section A.1); PixelRepresentation is inherited."""
    elements = dataset.elements
    if (representation := elements.get(_PIXEL_REPRESENTATION)) is not None:
        signed = any(data[representation.start : representation.stop])
    for tag, element in elements.items():
        for item in element.items or ():
            _settle(item, data, signed=signed)
        if element.vr == "US or SS":
            elements[tag] = element._replace(vr="SS" if signed else "US")
        elif element.vr == "US or OW":
            descriptor = elements.get(_LUT_DESCRIPTOR)
            single = descriptor and data[descriptor.start : descriptor.start + 2] == b"\1\0"
            elements[tag] = element._replace(vr="US" if single else "OW")
        elif element.vr in _AMBIGUOUS_VRS:
            elements[tag] = element._replace(vr="OW")
