"""Byte ranges of a file (RFC 9110, 14)."""

import re
from dataclasses import dataclass

# One range: several would need multipart/byteranges, which no DICOM client asks for. A server may ignore
# what it does not support and answer the whole (RFC 9110, 14.2).
_ONE_RANGE = re.compile(r"bytes=\s*([0-9]*)-([0-9]*)\s*", re.ASCII | re.IGNORECASE)
# A longer number is beyond the end of any file.
_LONGEST_NUMBER_DIGITS = 18


class RangeNotSatisfiable(Exception):
    """The range begins behind the end of the file, or is empty."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes `[start, end)` of a file."""

    start: int
    end: int


def parse_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """Read a `Range` header; None when the whole file is to be sent; raises `RangeNotSatisfiable`."""
    match = _ONE_RANGE.fullmatch(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    if any(len(number) > _LONGEST_NUMBER_DIGITS for number in match.groups()):
        raise RangeNotSatisfiable
    if match[1] == "":
        start, end = max(0, size_bytes - int(match[2])), size_bytes
    else:
        start, end = int(match[1]), min(int(match[2] or size_bytes) + 1, size_bytes)
        if match[2] and int(match[2]) < start:
            return None  # not a range at all: to be ignored
    if start >= end:
        raise RangeNotSatisfiable
    return ByteRange(start, end)
