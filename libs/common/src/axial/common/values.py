"""Decoding the values of data elements (PS3.5 section 6.2) to text."""

from struct import unpack_from

from axial.common.charsets import Charset
from axial.common.elements import Buffer, ByteOrder

NUMBER_FORMATS = {
    "FD": ("d", 8),
    "FL": ("f", 4),
    "SL": ("i", 4),
    "SS": ("h", 2),
    "SV": ("q", 8),
    "UL": ("I", 4),
    "US": ("H", 2),
    "UV": ("Q", 8),
}
"""The binary numbers, by VR: their format as `struct` names it, and their size in bytes."""


def numbers(value: Buffer, vr: str, byte_order: ByteOrder) -> tuple[int, ...] | tuple[float, ...]:
    """The binary numbers of a value; an incomplete last one is left out."""
    number_format, size = NUMBER_FORMATS[vr]
    order = "<" if byte_order == "little" else ">"
    return unpack_from(f"{order}{len(value) // size}{number_format}", value)


def text(value: Buffer, charset: Charset) -> str:
    r"""Decode as a C string without its padding, as DCMTK and so Orthanc do; `\\` separates values."""
    try:
        decoded = str(value, "ascii")
    except UnicodeDecodeError:
        return charset.decode(bytes(value).partition(b"\0")[0]).rstrip(" ")
    if "\0" in decoded:
        decoded = decoded[: decoded.index("\0")]
    if "\x1b" in decoded:
        decoded = charset.decode(decoded.encode())
    return decoded.rstrip(" ")
