"""Instances written byte by byte, so that each part of them can be wrong."""

import struct
from collections.abc import Mapping
from itertools import count

from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, encoded_element

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
RLE = "1.2.840.10008.1.2.5"

UNDEFINED = 0xFFFFFFFF
ITEM = b"\xfe\xff\x00\xe0"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"

SPECIFIC_CHARACTER_SET = 0x00080005
SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
PATIENT_NAME = 0x00100010
PATIENT_ID = 0x00100020
STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E
PIXEL_DATA = 0x7FE00010

_numbers = count(1)
# Of all hostile files: one root, so that nobody takes them for somebody's.
_ROOT = "1.2.826.0.1.3680043.8.498.666"


def text(tag: int, vr: str, value: str | bytes) -> bytes:
    """One element with a text as it is, padded."""
    raw = value.encode() if isinstance(value, str) else value
    return encoded_element(tag, vr, raw + b" " * (len(raw) % 2))


def short(tag: int, value: int) -> bytes:
    """One element with a 16-bit number."""
    return encoded_element(tag, "US", struct.pack("<H", value))


def head(tag: int, vr: str, length: int) -> bytes:
    """The head of an element that is told to be so long; the value is the caller's matter."""
    start = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in {"OB", "OW", "SQ", "UN", "UT"}:
        return start + struct.pack("<HI", 0, length)
    return start + struct.pack("<H", length & 0xFFFF)


def item(length: int) -> bytes:
    """The head of an item."""
    return ITEM + struct.pack("<I", length)


def uid() -> str:
    """A UID that no other file has."""
    return f"{_ROOT}.{next(_numbers)}"


def image(rows: int = 4, columns: int = 4, **numbers: int) -> dict[int, bytes]:
    """The attributes of a grey picture of 16 bits, or of something else."""
    told = {
        0x00280002: numbers.get("samples", 1),
        0x00280010: rows,
        0x00280011: columns,
        0x00280100: numbers.get("allocated", 16),
        0x00280101: numbers.get("stored", 12),
        0x00280102: numbers.get("high", 11),
        0x00280103: numbers.get("signed", 0),
    }
    elements = {tag: short(tag, value) for tag, value in told.items()}
    elements[0x00280004] = text(0x00280004, "CS", "MONOCHROME2")
    return elements


def instance(
    elements: Mapping[int, bytes] | None = None,
    *,
    syntax: str = EXPLICIT,
    pixels: bytes = b"",
    tail: bytes = b"",
) -> bytes:
    """A file of one instance: the given elements beside or instead of those that name it, in order."""
    return meta(syntax) + dataset(elements, pixels=pixels, tail=tail)


def dataset(
    elements: Mapping[int, bytes] | None = None, *, pixels: bytes = b"", tail: bytes = b""
) -> bytes:
    """What stands behind the file meta information."""
    named = {
        SOP_CLASS_UID: encoded_element(SOP_CLASS_UID, "UI", CT_IMAGE_STORAGE.encode() + b"\0"),
        SOP_INSTANCE_UID: _uid(SOP_INSTANCE_UID),
        PATIENT_ID: text(PATIENT_ID, "LO", f"HOSTILE-{next(_numbers)}"),
        STUDY_INSTANCE_UID: _uid(STUDY_INSTANCE_UID),
        SERIES_INSTANCE_UID: _uid(SERIES_INSTANCE_UID),
    } | dict(elements or {})
    return b"".join(named[tag] for tag in sorted(named)) + pixels + tail


def meta(syntax: str) -> bytes:
    """Preamble, prefix and file meta information."""
    group = encoded_element(0x00020001, "OB", b"\0\1")
    group += encoded_element(0x00020002, "UI", CT_IMAGE_STORAGE.encode() + b"\0")
    group += _uid(0x00020003)
    raw = syntax.encode()
    group += encoded_element(0x00020010, "UI", raw + b"\0" * (len(raw) % 2))
    length = encoded_element(0x00020000, "UL", struct.pack("<I", len(group)))
    return bytes(128) + b"DICM" + length + group


def _uid(tag: int) -> bytes:
    value = uid().encode()
    return encoded_element(tag, "UI", value + b"\0" * (len(value) % 2))


def fragments(*parts: bytes, end: bytes = SEQUENCE_END) -> bytes:
    """Encapsulated pixel data, after an empty offset table."""
    packed = b"".join(item(len(part)) + part for part in (b"", *parts))
    return head(PIXEL_DATA, "OB", UNDEFINED) + packed + end
