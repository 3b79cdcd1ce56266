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

TEXT_VRS = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR"}
    | {"UT"}
)
"""The values that are texts."""


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


def readable(value: bytes, vr: str, byte_order: ByteOrder, charset: Charset) -> str | None:
    """Write a value as Orthanc shows it: numbers as digits; None of what cannot be shown."""
    if vr in TEXT_VRS:
        read = text(value, charset)
        return read.strip(" ") if vr == "UI" else read
    if vr in NUMBER_FORMATS and (found := numbers(value, vr, byte_order)):
        # Orthanc shows a float as the double that holds it, with all of that one's digits.
        digits = ".17g" if vr in {"FD", "FL"} else "d"
        return "\\".join([format(number, digits) for number in found])
    if vr == "AT" and (halves := numbers(value[:4], "US", byte_order))[1:]:
        return f"{halves[0]:04x},{halves[1]:04x}"
    return None
