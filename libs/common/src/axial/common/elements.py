"""The encoding of data elements (PS3.5 section 7.1), as far as it takes to step from one to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from struct import Struct
from typing import Literal, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap
"""Bytes in memory, or a file mapped into it."""

ByteOrder: TypeAlias = Literal["little", "big"]

UNDEFINED_LENGTH = 0xFFFFFFFF

ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD

HEAD_BYTES = 8
"""Tag, VR and 16-bit length; or tag and 32-bit length."""

LONG_HEAD_BYTES = 12
"""Tag, VR, two reserved bytes and a 32-bit length."""

SHORT_VRS = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL"}
    | {"SS", "ST", "TM", "UI", "UL", "US"}
)
"""With a 16-bit length in explicit VR (PS3.5 table 7.1-2)."""

LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""With a 32-bit length in explicit VR (PS3.5 table 7.1-1)."""

# Real data nests five or six deep. Python's own stack, which we must not exhaust, allows a thousand.
MAX_DEPTH = 64


class Overrun(Exception):
    """A length points beyond the end of the bytes at hand."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How elements are encoded: with or without their VR, in which byte order.

    Tags and VRs are compared as the integers that `head` reads (`key`, `code`), so that a
    scanner need not swap or decode what it skips.
    """

    explicit: bool
    byte_order: ByteOrder
    #: (key of the tag, first and second half of what follows: VR and length, or the length alone).
    head: Callable[[Buffer, int], tuple[int, int, int]]
    long_length: Callable[[Buffer, int], tuple[int]]
    #: Code to name, of the VRs that `head` reads completely; none without explicit VR.
    short_vrs: dict[int, str]
    long_vrs: dict[int, str]
    item: int
    item_end: int
    sequence_end: int

    def key(self, tag: int) -> int:
        """Swap a tag into the integer that `head` reads for it."""
        return _swap(tag, self.byte_order)

    def join(self, first: int, second: int) -> int:
        """The 32-bit length of which `head` has read the halves."""
        return second << 16 | first if self.byte_order == "little" else first << 16 | second

    def vr(self, code: int) -> str:
        """The name of a VR; empty when there is no such VR, or the layout shows none."""
        return self.short_vrs.get(code) or self.long_vrs.get(code) or ""

    def tag(self, key: int) -> int:
        """Swap what `head` has read back into a tag."""
        return _swap(key, self.byte_order)


def _swap(tag: int, byte_order: ByteOrder) -> int:
    """Exchange the halves of a tag, which are two numbers, when reading them as one has done so."""
    return tag if byte_order == "big" else (tag & 0xFFFF) << 16 | tag >> 16


def _layout(*, explicit: bool, byte_order: ByteOrder) -> Layout:
    order = "<" if byte_order == "little" else ">"

    def codes(vrs: frozenset[str]) -> dict[int, str]:
        return {int.from_bytes(vr.encode(), byte_order): vr for vr in vrs} if explicit else {}

    return Layout(
        explicit=explicit,
        byte_order=byte_order,
        head=Struct(f"{order}IHH").unpack_from,
        long_length=Struct(f"{order}I").unpack_from,
        short_vrs=codes(SHORT_VRS),
        long_vrs=codes(LONG_VRS),
        item=_swap(ITEM, byte_order),
        item_end=_swap(ITEM_END, byte_order),
        sequence_end=_swap(SEQUENCE_END, byte_order),
    )


EXPLICIT_LITTLE = _layout(explicit=True, byte_order="little")
IMPLICIT_LITTLE = _layout(explicit=False, byte_order="little")
EXPLICIT_BIG = _layout(explicit=True, byte_order="big")
IMPLICIT_BIG = _layout(explicit=False, byte_order="big")

_KNOWN_VRS = frozenset(vr.encode() for vr in SHORT_VRS | LONG_VRS)


def sniff(buffer: Buffer, position: int, declared: Layout) -> Layout:
    """Correct a layout by its first element: some writers declare another VR encoding than they use."""
    vr = bytes(buffer[position + 4 : position + 6])
    explicit = vr in _KNOWN_VRS or (declared.explicit and _may_be_vr(vr))
    if explicit == declared.explicit or len(vr) < len("VR"):
        return declared
    if declared.byte_order == "big":
        return EXPLICIT_BIG if explicit else IMPLICIT_BIG
    return EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE


def unusual_head(
    buffer: Buffer, position: int, first: int, second: int, layout: Layout
) -> tuple[str, int, int]:
    """VR (empty when not told), start and length of a value whose head is not the short explicit one.

    An unknown VR has a 32-bit length (PS3.5 section 6.2), unless its reserved bytes are in use:
    then it was written by somebody who thought otherwise. What cannot be a VR at all is an
    element with implicit VR amid explicit ones; pydicom and DCMTK read it so, too.
    """
    vr = layout.long_vrs.get(first)
    if vr is None:
        if not layout.explicit or not _may_be_vr(first.to_bytes(2, layout.byte_order)):
            return "", position + HEAD_BYTES, layout.join(first, second)
        if second:
            return "UN", position + HEAD_BYTES, second
        vr = "UN"
    value = position + LONG_HEAD_BYTES
    if value > len(buffer):
        raise Overrun
    return vr, value, layout.long_length(buffer, position + HEAD_BYTES)[0]


def _may_be_vr(code: bytes) -> bool:
    return code.isalpha() and code.isupper()
