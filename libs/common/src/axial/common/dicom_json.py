"""The DICOM JSON model (PS3.18 annex F) of a header, without bulk data.

Left out: the VRs of BULK_VRS at any depth, as the Azure DICOM service does, group lengths, and the
file meta information. A text that cannot be decoded shows U+FFFD where it failed; nothing here raises.
"""

import math
import re
from collections.abc import Callable
from json.encoder import encode_basestring

from axial.common.attributes import BULK_VRS
from axial.common.charsets import Charset, charset_of
from axial.common.datasets import Dataset, read_tree
from axial.common.elements import ByteOrder
from axial.common.values import NUMBER_FORMATS, numbers

_SPECIFIC_CHARACTER_SET = 0x00080005
_DEFAULT_CHARSET = charset_of(b"")

# The VRs whose text may be in another character set than the default one (PS3.5 section 6.1.2.3).
_LOCAL_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})

# What JSON's grammar takes as it stands: no exponent, which could leave the range of a double.
_ONE_NUMBER = r"-?(?:0|[1-9][0-9]{0,31})(?:\.[0-9]{1,31})?"
_JSON_NUMBERS = re.compile(rf"{_ONE_NUMBER}(?:\\{_ONE_NUMBER})*")

_NON_FINITE = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def dicom_json(raw: bytes) -> bytes:
    """Encode a header's `raw` as one DICOM JSON object, in UTF-8."""
    tree = read_tree(raw)
    return _dataset(tree.root, tree.data, _DEFAULT_CHARSET).encode()


def _dataset(dataset: Dataset, data: bytes, charset: Charset) -> str:
    """One object; a data set without a character set of its own inherits that of the one around it."""
    elements = dataset.elements
    if (named := elements.get(_SPECIFIC_CHARACTER_SET)) is not None:
        charset = charset_of(data[named.start : named.stop])
    members = []
    for tag in sorted(elements):  # annex F.2.2 wants them in order
        vr, start, stop, items = elements[tag]
        if vr in BULK_VRS or not tag & 0xFFFF:
            continue
        if items is not None:
            values = ",".join([_dataset(item, data, charset) for item in items])
        elif start == stop:
            values = ""
        else:
            value = data[start:stop]
            if vr in NUMBER_FORMATS:
                values = _binary_numbers(value, vr, dataset.byte_order)
            elif vr == "AT":
                values = _tags(value, dataset.byte_order)
            else:
                text = _decode(value, charset if vr in _LOCAL_TEXT_VRS else _DEFAULT_CHARSET)
                values = _ENCODERS.get(vr, _text)(text)
        if values:
            members.append(f'"{tag:08X}":{{"vr":"{vr}","Value":[{values}]}}')
        else:
            members.append(f'"{tag:08X}":{{"vr":"{vr}"}}')
    return f"{{{','.join(members)}}}"


def _decode(value: bytes, charset: Charset) -> str:
    plain = value.isascii() and b"\x1b" not in value
    text = value.decode("ascii") if plain else charset.decode(value)
    # NUL pads UIDs, and is never part of a text; databases refuse it in JSON.
    return (text.replace("\0", "") if "\0" in text else text).rstrip(" ")


def _binary_numbers(value: bytes, vr: str, byte_order: ByteOrder) -> str:
    values = map(repr, numbers(value, vr, byte_order))
    if vr in {"FD", "FL"}:
        return ",".join([_NON_FINITE.get(number, number) for number in values])
    return ",".join(values)


def _tags(value: bytes, byte_order: ByteOrder) -> str:
    halves = numbers(value, "US", byte_order)
    pairs = zip(halves[::2], halves[1::2], strict=False)
    return ",".join([f'"{group:04X}{element:04X}"' for group, element in pairs])


def _text(text: str) -> str:
    """One value, in which a backslash is a character like any other."""
    return encode_basestring(text) if text else ""


def _texts(text: str) -> str:
    if "\\" not in text:
        return _text(text)
    return ",".join([_text(value.rstrip(" ")) or "null" for value in text.split("\\")])


def _trimmed_texts(text: str) -> str:
    return _texts("\\".join([value.strip(" ") for value in text.split("\\")]))


def _decimals(text: str) -> str:
    """Numbers as they are written, where JSON allows it: no digit is lost on the way."""
    if _JSON_NUMBERS.fullmatch(text):
        return text.replace("\\", ",")
    return (
        ",".join([_decimal(value.strip(" ")) or "null" for value in text.split("\\")])
        if text
        else ""
    )


def _decimal(text: str) -> str:
    if not text or _JSON_NUMBERS.fullmatch(text):
        return text
    try:
        number = float(text)
    except ValueError:
        return encode_basestring(text)
    return repr(number) if math.isfinite(number) else encode_basestring(text)


def _person_names(text: str) -> str:
    if not text.strip("= "):
        return ""
    return ",".join([_person_name(name) or "null" for name in text.split("\\")])


def _person_name(text: str) -> str:
    """The component groups that are there, by name (annex F.2.2)."""
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), text.split("="), strict=False)
    members = [
        f'"{name}":{encode_basestring(group.rstrip(" "))}' for name, group in groups if group
    ]
    return f"{{{','.join(members)}}}" if members else ""


_ENCODERS: dict[str, Callable[[str], str]] = {
    "AE": _trimmed_texts,
    "AS": _texts,
    "CS": _texts,
    "DA": _texts,
    "DS": _decimals,
    "DT": _texts,
    "IS": _decimals,
    "LO": _texts,
    "PN": _person_names,
    "SH": _texts,
    "TM": _texts,
    "UC": _texts,
    "UI": _trimmed_texts,
}
"""How to encode the text of a VR that may have several values; the others have one."""
