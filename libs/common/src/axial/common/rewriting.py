"""A data set's elements in another encoding (PS3.5 sections 6.2, 7 and A), their values untouched. Pure.

Texts are not decoded, numbers not read: what pydicom would correct, refuse or write with other letters goes on as it
came. Only the order of bytes changes, if it has to.
"""

from array import array
from dataclasses import dataclass
from struct import Struct

from axial.common.datasets import creator_tag, is_private_creator
from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import (
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    ITEM,
    MAX_DEPTH,
    SHORT_VRS,
    UNDEFINED_LENGTH,
    Layout,
    Overrun,
    sniff,
    unusual_head,
)
from axial.common.errors import NotDicom
from axial.common.skipper import Skipper
from axial.common.values import TEXT_VRS

_PIXEL_REPRESENTATION = 0x00280103
_LUT_DESCRIPTOR = 0x00283002
# Lengths of groups are retired, and would be wrong.
_GROUP_LENGTH = 0x0000FFFF
_LONGEST_SHORT = 0xFFFF
_AMBIGUOUS = {"US or SS": "", "US or OW": "", "US or SS or OW": "OW", "OB or OW": "OW"}
# Padded with spaces, other values with a zero (PS3.5 section 6.2).
_SPACED = TEXT_VRS - {"UI"}
# Numbers that are swapped when the byte order changes (PS3.5 section 7.3), as array's type codes.
_NUMBERS = {
    **dict.fromkeys(("AT", "OW", "SS", "US"), "H"),
    **dict.fromkeys(("FL", "OF", "OL", "SL", "UL"), "I"),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), "Q"),
}


class NotConvertible(Exception):
    """The data set cannot be told apart well enough to be written otherwise."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One element as it stands in the source."""

    tag: int
    vr: str
    start: int
    stop: int
    #: Of a sequence's items, before each is looked at; None when it is no sequence.
    items: Layout | None = None


class Rewriter:
    """Writes elements in another layout."""

    def __init__(self, target: Layout, dictionary: Dictionary = STANDARD) -> None:
        self._target = target
        self._vr_of = dictionary.vr_of
        order = "<" if target.byte_order == "little" else ">"
        self._short = Struct(f"{order}HH2sH")
        self._long = Struct(f"{order}HH2sxxI")
        self._plain = Struct(f"{order}HHI")

    def rewrite(self, data: bytes, start: int, layout: Layout) -> bytes:
        """Write all elements from `start` on; raise NotConvertible."""
        try:
            return self._level(data, start, len(data), layout, signed=False, depth=0)
        except (Overrun, NotDicom) as error:
            raise NotConvertible from error

    def head(self, tag: int, vr: str, length: int) -> bytes:
        """Write what stands before a value."""
        group, number = tag >> 16, tag & 0xFFFF
        if not self._target.explicit:
            return self._plain.pack(group, number, length)
        if vr in SHORT_VRS and length <= _LONGEST_SHORT:
            return self._short.pack(group, number, vr.encode(), length)
        # A value that is too long for its VR has none any more (PS3.5 section 6.2.2, note 4).
        return self._long.pack(group, number, b"UN" if vr in SHORT_VRS else vr.encode(), length)

    def value(self, vr: str, raw: bytes, layout: Layout) -> bytes:
        """Write a value, or a piece of whole numbers of it, in the target's byte order."""
        code = _NUMBERS.get(vr)
        if code is None or layout.byte_order == self._target.byte_order:
            return raw
        numbers = array(code)
        if len(raw) % numbers.itemsize:
            raise NotConvertible
        numbers.frombytes(raw)
        numbers.byteswap()
        return numbers.tobytes()

    def _level(
        self, data: bytes, start: int, end: int, layout: Layout, *, signed: bool, depth: int
    ) -> bytes:
        if depth > MAX_DEPTH:
            raise NotConvertible
        found = self._elements(data, start, end, layout)
        for element in found:
            if element.tag == _PIXEL_REPRESENTATION:
                signed = any(data[element.start : element.stop])
        written = []
        for element in found:
            vr = element.vr
            if element.items is not None:
                value = self._items(data, element, signed=signed, depth=depth)
            else:
                raw = data[element.start : element.stop]
                vr = _settled(element, found, data, layout, signed=signed)
                value = self.value(vr, raw, layout)
                if len(value) % 2:  # which it may not be (PS3.5 section 7.1.1)
                    value += b" " if vr in _SPACED else b"\0"
            written += [self.head(element.tag, vr, len(value)), value]
        return b"".join(written)

    def _elements(self, data: bytes, start: int, end: int, layout: Layout) -> list[_Found]:
        """Find the elements of one level, which must fill it but for some zeros of padding."""
        found: list[_Found] = []
        creators: dict[int, str] = {}
        position = start
        while position + HEAD_BYTES <= end:
            key, first, second = layout.head(data, position)
            tag = layout.tag(key)
            if first in layout.short_vrs:
                vr, value, length = layout.short_vrs[first], position + HEAD_BYTES, second
            else:
                vr, value, length = unusual_head(data, position, first, second, layout)
                vr = vr or self._untold_vr(tag, creators)
            items = layout if vr == "SQ" else None
            if length == UNDEFINED_LENGTH:
                if vr in {"OB", "OW", "OB or OW"}:
                    raise NotConvertible  # compressed pixels in an uncompressed data set
                items = EXPLICIT_LITTLE if vr == "UN" and layout.explicit else layout
                vr, position = "SQ", Skipper(data).past(value, vr, layout)
            else:
                position = value + length
            if position > end:
                raise Overrun
            if is_private_creator(tag):
                creators[tag] = data[value:position].decode("ascii", "replace").strip(" \0")
            if tag & _GROUP_LENGTH:
                found.append(_Found(tag, vr, value, position, items))
        if any(data[position:end]):
            raise Overrun
        return found

    def _untold_vr(self, tag: int, creators: dict[int, str]) -> str:
        if is_private_creator(tag):
            return "LO"
        return self._vr_of(tag, creators.get(creator_tag(tag), "") if tag & 0x10000 else "")

    def _items(self, data: bytes, element: _Found, *, signed: bool, depth: int) -> bytes:
        layout = element.items
        assert layout is not None, "it is a sequence"
        written = []
        position = element.start
        while position + HEAD_BYTES <= element.stop:
            key, first, second = layout.head(data, position)
            position += HEAD_BYTES
            if key == layout.sequence_end:
                break
            if key != layout.item:
                raise NotConvertible
            length = layout.join(first, second)
            inner = sniff(data, position, layout) if layout.explicit else layout
            if length == UNDEFINED_LENGTH:
                stop, following = self._item_end(data, position, inner)
            else:
                stop = following = position + length
            if stop > element.stop:
                raise Overrun
            item = self._level(data, position, stop, inner, signed=signed, depth=depth + 1)
            written += [self._plain.pack(ITEM >> 16, ITEM & 0xFFFF, len(item)), item]
            position = following
        return b"".join(written)

    def _item_end(self, data: bytes, position: int, layout: Layout) -> tuple[int, int]:
        """Find where an item of undefined length stops, and where the next one begins."""
        while position + HEAD_BYTES <= len(data):
            key, first, second = layout.head(data, position)
            if key == layout.item_end:
                return position, position + HEAD_BYTES
            if first in layout.short_vrs:
                position += HEAD_BYTES + second
                continue
            vr, value, length = unusual_head(data, position, first, second, layout)
            undefined = length == UNDEFINED_LENGTH
            position = Skipper(data).past(value, vr, layout) if undefined else value + length
        raise Overrun


def _settled(
    element: _Found, level: list[_Found], data: bytes, layout: Layout, *, signed: bool
) -> str:
    """Decide a VR that depends on other elements (PS3.5 section A.1)."""
    vr = element.vr
    if vr not in _AMBIGUOUS:
        return vr
    if vr == "US or SS":
        return "SS" if signed else "US"
    if vr == "US or OW":
        descriptor = next((one for one in level if one.tag == _LUT_DESCRIPTOR), None)
        one_entry = (1).to_bytes(2, layout.byte_order)
        is_single = descriptor and data[descriptor.start : descriptor.start + 2] == one_entry
        return "US" if is_single else "OW"
    return _AMBIGUOUS[vr]
