"""An instance's tags in the three formats of Orthanc's REST API (`/instances/{id}/tags`)."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, TypeAlias

from axial.common.attributes import BULK_VRS, format_tag
from axial.common.charsets import Charset, charset_of
from axial.common.datasets import (
    Dataset,
    Element,
    creator_tag,
    is_private_creator,
    read_file_meta_tree,
    read_tree,
)
from axial.common.elements import ByteOrder
from axial.common.orthanc_names import name_of
from axial.common.reading import PLAIN, Reading
from axial.common.values import TEXT_VRS, readable

Json: TypeAlias = dict[str, Any]

# Orthanc's ORTHANC_MAXIMUM_TAG_LENGTH, in bytes of UTF-8.
_MAX_TEXT_BYTES = 256

_SPECIFIC_CHARACTER_SET = 0x00080005
_PRIVATE_BIT = 0x00010000
_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXEL_DATA = {"OF": 0x7FE00008, "OD": 0x7FE00009}


class TagFormat(StrEnum):
    """How tags are keyed, with how much about each."""

    #: `{"0010,0010": {"Name": "PatientName", "Type": "String", "Value": "…"}}`
    FULL = "full"
    #: `{"0010,0010": "…"}`
    SHORT = "short"
    #: `{"PatientName": "…"}`
    SIMPLIFIED = "simplified"


def instance_tags(
    raw: bytes,
    tag_format: TagFormat,
    *,
    reading: Reading = PLAIN,
    pixel_data_vr: str | None = None,
    ignore_length: Collection[int] = frozenset(),
    is_whole: bool = False,
) -> Json:
    """Show a header's `raw` as Orthanc does; its pixel data, which `raw` lacks, as a null.

    Binary values are null, and so are texts above 256 bytes unless it is to be shown `is_whole`, but for the tags in
    `ignore_length` (Orthanc's option `ignore-length`). File meta information is not shown.
    """
    tree = read_tree(raw, reading.dictionary)
    for tag in [tag for tag in tree.root.elements if tag > _PIXEL_DATA]:
        del tree.root.elements[tag]  # with or without pixel data, Orthanc stops at their place
    if pixel_data_vr is not None:
        tag = _FLOAT_PIXEL_DATA.get(pixel_data_vr, _PIXEL_DATA)
        tree.root.elements[tag] = Element(pixel_data_vr, 0, 0)
    longest = None if is_whole else _MAX_TEXT_BYTES
    return _Presentation(tree.data, tag_format, reading, ignore_length, longest).of(tree.root)


def file_meta_tags(raw: bytes, tag_format: TagFormat) -> Json:
    """Show a file's meta information as Orthanc does, which leaves out what is binary."""
    tree = read_file_meta_tree(raw)
    texts = {
        tag: element for tag, element in tree.root.elements.items() if element.vr not in BULK_VRS
    }
    root = tree.root._replace(elements=texts)
    return _Presentation(tree.data, tag_format, PLAIN, frozenset()).of(root)


class _Presentation:
    """Shows the data sets of one instance."""

    def __init__(
        self,
        data: bytes,
        tag_format: TagFormat,
        reading: Reading,
        ignore_length: Collection[int],
        longest_bytes: int | None = _MAX_TEXT_BYTES,
    ) -> None:
        self._data = data
        self._format = tag_format
        self._dictionary = reading.dictionary
        self._default_charset = reading.default_charset
        self._ignore_length = ignore_length
        self._longest_bytes = longest_bytes

    def of(self, dataset: Dataset, charset: Charset | None = None) -> Json:
        """The attributes of one level, in the order of their keys, as Orthanc writes them."""
        elements = dataset.elements
        if (named := elements.get(_SPECIFIC_CHARACTER_SET)) is not None:
            charset = charset_of(self._bytes(named), self._default_charset)
        charset = charset or self._default_charset
        shown: Json = {}
        for tag in sorted(elements):
            element = elements[tag]
            creator = self._creator(tag, elements)
            value: list[Json] | str | None
            if element.items is not None:
                kind, value = "Sequence", [self.of(item, charset) for item in element.items]
            else:
                kind, value = self._leaf(tag, element, creator, dataset.byte_order, charset)
            if self._format is TagFormat.SHORT:
                shown[format_tag(tag)] = value
            elif self._format is TagFormat.SIMPLIFIED:
                shown[self._name(tag, creator)] = value
            else:
                full = {"Name": self._name(tag, creator), "Type": kind, "Value": value}
                if creator and element.items is None:  # Orthanc does not tell it of sequences
                    full["PrivateCreator"] = creator
                shown[format_tag(tag)] = full
        if self._format is TagFormat.SIMPLIFIED:
            return dict(sorted(shown.items()))
        return shown

    def _leaf(
        self, tag: int, element: Element, creator: str, byte_order: ByteOrder, charset: Charset
    ) -> tuple[str, str | None]:
        value = self._bytes(element)
        vr = element.vr if element.vr != "UN" else self._told_vr(tag, creator, value)
        told = readable(value, vr, byte_order, charset)
        if told is None:
            return "Null", None
        longest = self._longest_bytes
        if longest and len(told.encode()) > longest and tag not in self._ignore_length:
            return "TooLong", None
        return "String", told

    def _told_vr(self, tag: int, creator: str, value: bytes) -> str:
        """The VR of an element that came as UN: texts of known attributes are shown, as by Orthanc.

        The character set of a private text is anybody's guess, so only plain ones are taken.
        """
        if not tag & _PRIVATE_BIT:
            told = self._dictionary.vr_of(tag)
        elif not value.isascii():
            return "UN"
        else:
            told = "LO" if is_private_creator(tag) else self._dictionary.vr_of(tag, creator)
        return told if told in TEXT_VRS else "UN"

    def _name(self, tag: int, creator: str) -> str:
        return self._dictionary.name_of(tag, creator) or name_of(tag, creator)

    def _creator(self, tag: int, elements: dict[int, Element]) -> str:
        reservation = creator_tag(tag)
        if not is_private_creator(reservation) or (element := elements.get(reservation)) is None:
            return ""
        return self._bytes(element).decode("ascii", "replace").strip(" \0")

    def _bytes(self, element: Element) -> bytes:
        return self._data[element.start : element.stop]
