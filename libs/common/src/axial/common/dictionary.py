"""The names of attributes: those of the standard, of vendors, of the configuration."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import private_dictionary_VR

from axial.common.attributes import parse_tag, vr_of

_PRIVATE_BIT = 0x00010000
# Of a private element's number, the low byte is the attribute's, the high one its block's.
_BLOCK = 0x0000FF00
_FIRST_BLOCK = 0x00001000


@dataclass(frozen=True, slots=True)
class Attribute:
    """What the configuration says of an attribute."""

    tag: int
    vr: str
    name: str
    #: Who reserves the block of a private attribute; empty for public ones, and when nobody does.
    private_creator: str = ""


class Dictionary:
    """Attributes that the configuration adds, in front of those that are known anyway."""

    def __init__(self, attributes: Iterable[Attribute] = ()) -> None:
        self._attributes: dict[tuple[int, str], Attribute] = {}
        self._by_name: dict[str, Attribute] = {}
        for attribute in attributes:
            key = _key(attribute.tag, attribute.private_creator)
            self._attributes[key] = attribute
            self._by_name[attribute.name] = attribute

    def name_of(self, tag: int, private_creator: str = "") -> str | None:
        """The configured name of an attribute; None when it has none."""
        added = self._attributes.get(_key(tag, private_creator))
        return added.name if added else None

    def vr_of(self, tag: int, private_creator: str = "") -> str:
        """The VR of an attribute; UN when nobody knows it."""
        if self._attributes and (added := self._attributes.get(_key(tag, private_creator))):
            return added.vr
        return private_vr(tag, private_creator) if tag & _PRIVATE_BIT else vr_of(tag)

    def parse(self, text: str) -> int | None:
        """Read `0010,0020`, `0010-0020`, `00100020`, `PatientID` or a configured name; None when it is none of them.

        A name of the standard stays the standard's. Of a private attribute the tag is the one in the block that is
        configured, or in the first, where nearly all writers have it.
        """
        if (tag := parse_tag(text.replace("-", ","))) is not None:
            return tag
        added = self._by_name.get(text)
        if added is None:
            return None
        has_block = added.tag & _BLOCK or not added.private_creator
        return added.tag if has_block else added.tag | _FIRST_BLOCK


STANDARD = Dictionary()
"""Without anything that the configuration adds."""


@lru_cache(maxsize=4096)  # as many as one vendor's dictionary: looking up builds strings
def private_vr(tag: int, private_creator: str) -> str:
    """The VR of a private element as its vendor's dictionary knows it; UN otherwise."""
    try:
        return private_dictionary_VR(tag, private_creator)
    except KeyError:
        return "UN"


def _key(tag: int, private_creator: str) -> tuple[int, str]:
    """What identifies an attribute: of a private one with a creator, the block does not count."""
    return (tag & ~_BLOCK, private_creator) if private_creator else (tag, "")
