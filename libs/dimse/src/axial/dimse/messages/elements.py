"""Data elements made of texts, as bytes (PS3.5 section 7.1)."""

import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from axial.common.deflate import deflate
from axial.common.elements import EXPLICIT_BIG, ITEM, LONG_VRS, Layout
from axial.common.transfer_syntaxes import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, layout_of
from axial.common.values import NUMBER_FORMATS, TEXT_VRS
from axial.dimse.messages.repertoires import Repertoire

# What is longer does not fit its VR's length field, and is written as UN, which has a longer one (PS3.5 6.2.2).
_MAX_SHORT_BYTES = 0xFFFE

# Of what depends on other elements, and cannot be told by the text.
_SETTLED = {"US or SS": "US", "US or SS or OW": "US", "US or OW": "US", "OB or OW": "OW"}


class Written(NamedTuple):
    """An element as it is to be written: its value is a text, as Orthanc shows it, or a list of items."""

    tag: int
    vr: str
    value: "str | list[Item]"


Item: TypeAlias = Sequence[Written]


class ElementWriter:
    """Writes data sets of one transfer syntax."""

    def __init__(self, transfer_syntax_uid: str) -> None:
        layout: Layout = layout_of(transfer_syntax_uid)
        self._order = order = ">" if layout is EXPLICIT_BIG else "<"
        self._is_explicit = layout.explicit
        self._is_deflated = transfer_syntax_uid == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
        self._short = struct.Struct(f"{order}HH2sH").pack
        self._long = struct.Struct(f"{order}HH2sxxI").pack
        self._untyped = struct.Struct(f"{order}HHI").pack

    def data_set(self, elements: Item, repertoire: Repertoire) -> bytes:
        """Write a data set; its elements are in the order of their tags."""
        raw = self._elements(elements, repertoire)
        if not self._is_deflated:
            return raw
        deflated = deflate(raw)
        return deflated + bytes(len(deflated) % 2)

    def _elements(self, elements: Item, repertoire: Repertoire) -> bytes:
        return b"".join(self._element(element, repertoire) for element in elements)

    def _element(self, element: Written, repertoire: Repertoire) -> bytes:
        tag, vr, value = element
        if isinstance(value, list):
            return self._framed(tag, "SQ", b"".join(self._item(item, repertoire) for item in value))
        vr = _SETTLED.get(vr, vr)
        if vr in TEXT_VRS or (vr == "UN" and value):
            raw = repertoire.write(value)
            if len(raw) % 2:
                raw += b"\0" if vr in {"UI", "UN"} else b" "
        else:
            raw = self._numbers(vr, value)
        return self._framed(tag, vr, raw)

    def _item(self, item: Item, repertoire: Repertoire) -> bytes:
        raw = self._elements(item, repertoire)
        return self._untyped(ITEM >> 16, ITEM & 0xFFFF, len(raw)) + raw

    def _framed(self, tag: int, vr: str, raw: bytes) -> bytes:
        group, number = tag >> 16, tag & 0xFFFF
        if not self._is_explicit:
            return self._untyped(group, number, len(raw)) + raw
        if vr not in LONG_VRS and len(raw) > _MAX_SHORT_BYTES:
            vr = "UN"
        if vr in LONG_VRS:
            return self._long(group, number, vr.encode(), len(raw)) + raw
        return self._short(group, number, vr.encode(), len(raw)) + raw

    def _numbers(self, vr: str, text: str) -> bytes:
        """Write numbers from their digits, a tag from its name; empty what is neither."""
        if not text:
            return b""
        try:
            if vr == "AT":
                return struct.pack(f"{self._order}2H", *(int(half, 16) for half in text.split(",")))
            if vr not in NUMBER_FORMATS:
                return b""
            number_format, _ = NUMBER_FORMATS[vr]
            read = float if vr in {"FD", "FL"} else int
            numbers = [read(digits) for digits in text.split("\\")]
            return struct.pack(f"{self._order}{len(numbers)}{number_format}", *numbers)
        except (struct.error, ValueError, OverflowError):
            return b""
