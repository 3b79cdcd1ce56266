"""The Native DICOM Model (PS3.19 annex A.1), read as the DICOM JSON model: what servers answer in XML. Pure."""

from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree as SafeElementTree

# Sequences within sequences; what is deeper is left out. Answers of servers have two.
_MOST_LEVELS = 8
_NUMBERS = frozenset({"US", "SS", "UL", "SL", "IS"})


def read_native(content: bytes) -> dict[str, Any] | None:
    """Read one data set; None when it is none. Entities, and all that declares them, are refused."""
    try:
        root = SafeElementTree.fromstring(content, forbid_dtd=True)
    except (
        SafeElementTree.ParseError,
        ValueError,
        LookupError,
    ):  # the last: of a character set that nobody knows
        return None
    return _dataset(root, _MOST_LEVELS) if _name(root) == "NativeDicomModel" else None


def _dataset(parent: Element, levels: int) -> dict[str, Any]:
    return {
        child.get("tag", "").upper(): _element(child, levels)
        for child in parent
        if _name(child) == "DicomAttribute"
    }


def _element(attribute: Element, levels: int) -> dict[str, Any]:
    vr = attribute.get("vr", "")
    if vr == "SQ":
        items = [child for child in attribute if _name(child) == "Item"] if levels else []
        return {"vr": vr, "Value": [_dataset(item, levels - 1) for item in items]}
    texts = [child.text or "" for child in attribute if _name(child) == "Value"]
    return {"vr": vr, "Value": [_value(vr, text.strip()) for text in texts]}


def _value(vr: str, text: str) -> str | int:
    if vr not in _NUMBERS:
        return text
    try:
        return int(text)
    except ValueError:
        return text


def _name(element: Element) -> str:
    """Return the name without its namespace, which some leave out."""
    return element.tag.rpartition("}")[2]
