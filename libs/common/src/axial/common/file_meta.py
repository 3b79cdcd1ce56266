"""The File Meta Information (PS3.10 section 7.1): what stands before the data set."""

from dataclasses import dataclass

from axial.common.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    IMPLICIT_LITTLE,
    Buffer,
    Layout,
    Overrun,
    sniff,
    unusual_head,
)
from axial.common.transfer_syntaxes import DEFLATED, layout_of, transfer_syntax_of

_PREAMBLE_BYTES = 128
_PREFIX = b"DICM"
PREFIX_STOP = _PREAMBLE_BYTES + len(_PREFIX)
"""Where the file meta information begins, when preamble and prefix are there."""

_GROUP = 0x0002
_GROUP_LENGTH = 0x00020000
_MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002
_MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003
_TRANSFER_SYNTAX_UID = 0x00020010

# The group has some fifteen attributes (PS3.10 table 7.1-1).
_MAX_ELEMENTS = 1000
_MAX_UID_BYTES = 64

_NEEDED = {
    EXPLICIT_LITTLE.key(tag): tag
    for tag in (
        _GROUP_LENGTH,
        _MEDIA_STORAGE_SOP_CLASS_UID,
        _MEDIA_STORAGE_SOP_INSTANCE_UID,
        _TRANSFER_SYNTAX_UID,
    )
}


@dataclass(frozen=True, slots=True)
class FileMeta:
    """Where the data set begins, and how it is encoded."""

    #: Neither prefix nor file meta information: the body may be anything.
    is_bare: bool
    dataset_offset: int
    #: As the file tells it; inferred when it does not.
    transfer_syntax_uid: str
    media_storage_sop_class_uid: str
    media_storage_sop_instance_uid: str
    #: Of the data set, after inflating when `is_deflated`.
    layout: Layout
    is_deflated: bool


def has_prefix(buffer: Buffer) -> bool:
    """Whether the file begins as PS3.10 wants it; many do not."""
    return bytes(buffer[_PREAMBLE_BYTES:PREFIX_STOP]) == _PREFIX


def read_file_meta(buffer: Buffer) -> FileMeta:
    """Read the file meta information, with or without its preamble; Overrun when it is cut short."""
    prefixed = has_prefix(buffer)
    start = PREFIX_STOP if prefixed else 0
    values, offset = _read_group(buffer, start)
    declared = _uid(values.get(_TRANSFER_SYNTAX_UID, b""))
    deflated = declared in DEFLATED
    if deflated:
        layout = EXPLICIT_LITTLE
    elif declared:
        layout = sniff(buffer, offset, layout_of(declared))
    else:
        layout = _guess(buffer, offset)
    return FileMeta(
        is_bare=not prefixed and offset == 0,
        dataset_offset=offset,
        transfer_syntax_uid=declared or transfer_syntax_of(layout),
        media_storage_sop_class_uid=_uid(values.get(_MEDIA_STORAGE_SOP_CLASS_UID, b"")),
        media_storage_sop_instance_uid=_uid(values.get(_MEDIA_STORAGE_SOP_INSTANCE_UID, b"")),
        layout=layout,
        is_deflated=deflated,
    )


def _read_group(buffer: Buffer, start: int) -> tuple[dict[int, bytes], int]:
    """The needed values of group 0002, by tag, and the position after the group.

    The group's length is often wrong, so the group ends where another one begins. Only a deflate
    stream, which may begin with any bytes, is found by the length alone.
    """
    values: dict[int, bytes] = {}
    layout = sniff(buffer, start, EXPLICIT_LITTLE)
    position, end, told_end = start, len(buffer), -1
    for _ in range(_MAX_ELEMENTS):
        if position + HEAD_BYTES > end or position == told_end:
            break
        key, first, length = layout.head(buffer, position)
        if key & 0xFFFF != _GROUP:
            break
        value = position + HEAD_BYTES
        if first not in layout.short_vrs:
            _, value, length = unusual_head(buffer, position, first, length, layout)
        position = value + length
        if position > end:
            raise Overrun
        if key in _NEEDED:
            short = bytes(buffer[value : min(position, value + _MAX_UID_BYTES)])
            values.setdefault(_NEEDED[key], short)
            told_end = start + _told_length(values) if _told_length(values) else -1
    return values, position


def _told_length(values: dict[int, bytes]) -> int:
    """The length of the whole group, before a deflate stream; otherwise nothing."""
    length = values.get(_GROUP_LENGTH, b"")
    if not length or _uid(values.get(_TRANSFER_SYNTAX_UID, b"")) not in DEFLATED:
        return 0
    return HEAD_BYTES + len(length) + int.from_bytes(length, "little")


def _guess(buffer: Buffer, offset: int) -> Layout:
    """The layout of a data set whose transfer syntax is not told, by its first element.

    A data set begins with one of the lowest groups: of the two ways to read it, the lower is right.
    """
    layout = sniff(buffer, offset, IMPLICIT_LITTLE)
    group = bytes(buffer[offset : offset + 2])
    swapped = int.from_bytes(group, "big") < int.from_bytes(group, "little")
    return EXPLICIT_BIG if layout.explicit and swapped else layout


def _uid(value: bytes) -> str:
    return value.split(b"\0", 1)[0].decode("ascii", "replace").strip()
