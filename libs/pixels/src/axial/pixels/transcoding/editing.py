"""Elements of an encoded data set, replaced (PS3.5 section 7.1). Pure."""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import NamedTuple, TypeAlias

from axial.common.elements import EXPLICIT_LITTLE, HEAD_BYTES, ITEM, unusual_head
from axial.common.rewriting import Rewriter

_WRITER = Rewriter(EXPLICIT_LITTLE)
_ITEM = Struct("<HHI")
# Padded with a zero, others with a space (PS3.5 section 6.2).
_ZERO_PADDED = frozenset({"OB", "SQ", "UI", "UN"})


class Value(NamedTuple):
    """What an element is to hold, in little endian."""

    vr: str
    raw: bytes


Changes: TypeAlias = Mapping[int, Value | None]
"""By tag; None takes an element away."""


class Found(NamedTuple):
    """An element on the top level."""

    tag: int
    vr: str
    #: Where it begins, where its value does, and where it ends.
    start: int
    value: int
    stop: int


def elements(data: bytes) -> Iterator[Found]:
    """Walk a data set in explicit VR little endian, as `Rewriter` writes it: all lengths are told."""
    position = 0
    while position + HEAD_BYTES <= len(data):
        key, first, length = EXPLICIT_LITTLE.head(data, position)
        vr = EXPLICIT_LITTLE.short_vrs.get(first)
        value = position + HEAD_BYTES
        if vr is None:
            vr, value, length = unusual_head(data, position, first, length, EXPLICIT_LITTLE)
        stop = value + length
        yield Found(EXPLICIT_LITTLE.tag(key), vr, position, value, stop)
        position = stop


def values(data: bytes, tags: frozenset[int]) -> dict[int, bytes]:
    """Read some values; those that are not there are left out."""
    return {
        found.tag: data[found.value : found.stop] for found in elements(data) if found.tag in tags
    }


def edited(data: bytes, changes: Changes) -> bytes:
    """Replace, add and take away elements; all others stay as they are."""
    pieces = []
    waiting = sorted(changes)
    kept = 0
    for found in elements(data):
        while waiting and waiting[0] <= found.tag:
            tag = waiting.pop(0)
            pieces += [data[kept : found.start], element(tag, changes[tag])]
            kept = found.start
        if found.tag in changes:
            pieces.append(data[kept : found.start])
            kept = found.stop
    pieces.append(data[kept:])
    pieces += [element(tag, changes[tag]) for tag in waiting]
    return b"".join(pieces)


def element(tag: int, value: Value | None) -> bytes:
    """Write an element in explicit VR little endian; nothing for no value."""
    if value is None:
        return b""
    raw = value.raw
    if len(raw) % 2:
        raw += b"\0" if value.vr in _ZERO_PADDED else b" "
    return _WRITER.head(tag, value.vr, len(raw)) + raw


def item(*parts: bytes) -> bytes:
    """Write an item of a sequence."""
    content = b"".join(parts)
    return _ITEM.pack(ITEM >> 16, ITEM & 0xFFFF, len(content)) + content
