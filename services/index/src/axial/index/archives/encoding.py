"""Data elements written in Explicit VR Little Endian (PS3.5 section 7.1), from what was read. Pure."""

from collections.abc import Iterable
from struct import Struct

from axial.common.datasets import Dataset, Element
from axial.common.elements import ITEM, LONG_VRS
from axial.common.values import NUMBER_FORMATS

_SHORT = Struct("<HH2sH")
_LONG = Struct("<HH2sxxI")
_ITEM = Struct("<HHI")
# The longest value whose length fits two bytes; lengths are even.
_MAX_SHORT_BYTES = 0xFFFE

# How many bytes a number has in a value that is nothing else (PS3.5 table 6.2-1).
_UNITS = {vr: size for vr, (_, size) in NUMBER_FORMATS.items()} | {
    **dict.fromkeys(("AT", "OW"), 2),
    **dict.fromkeys(("OF", "OL"), 4),
    **dict.fromkeys(("OD", "OV"), 8),
}
_PADDED_WITH_NULL = frozenset({"OB", "UI", "UN"})


def encode(tag: int, vr: str, value: bytes) -> bytes:
    """Write one element; a text too long for its VR is left empty."""
    padding = b"\0" if vr in _PADDED_WITH_NULL else b" "
    if len(value) % 2:
        value += padding
    if vr in LONG_VRS:
        return _LONG.pack(tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value
    if len(value) > _MAX_SHORT_BYTES:
        value = b""
    return _SHORT.pack(tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def encode_item(content: bytes) -> bytes:
    """Write an item of a sequence."""
    return _ITEM.pack(ITEM >> 16, ITEM & 0xFFFF, len(content)) + content


def encode_sequence(tag: int, items: Iterable[Dataset], data: bytes) -> bytes:
    """Write a sequence that was read, with all that is in it."""
    return encode(tag, "SQ", b"".join(encode_item(_encode_dataset(item, data)) for item in items))


def value_of(element: Element, dataset: Dataset, data: bytes) -> bytes:
    """Take the value of an element that is no sequence, its numbers in little endian."""
    value = data[element.start : element.stop]
    unit = _UNITS.get(element.vr, 1)
    if dataset.byte_order == "little" or unit == 1:
        return value
    whole = len(value) // unit * unit
    return b"".join(value[at : at + unit][::-1] for at in range(0, whole, unit))


def _encode_dataset(dataset: Dataset, data: bytes) -> bytes:
    return b"".join(
        encode(tag, element.vr, value_of(element, dataset, data))
        if element.items is None
        else encode_sequence(tag, element.items, data)
        for tag, element in sorted(dataset.elements.items())
    )
