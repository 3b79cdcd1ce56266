"""What a peer's identifier asks (PS3.4 section C.2.2), read with the character set that it names."""

from dataclasses import dataclass

from axial.common.charsets import Charset, charset_of
from axial.common.datasets import Dataset, creator_tag, is_private_creator, read_tree
from axial.common.dictionary import Dictionary
from axial.common.values import TEXT_VRS, readable
from axial.dimse.messages.part10 import file_head

SPECIFIC_CHARACTER_SET = 0x00080005
QUERY_RETRIEVE_LEVEL = 0x00080052

# File meta information and group lengths are no keys, though some send them.
_FIRST_GROUP = 0x0008


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute of an identifier."""

    tag: int
    vr: str
    #: What it must be; empty when it is only to be told.
    text: str
    #: Of a sequence: what some item must have; PS3.4 C.2.2.2.6 allows one item to say so.
    items: "tuple[Key, ...]" = ()
    #: Whether it asks for something that cannot be read: bytes, or a sequence's further items.
    is_beyond: bool = False


@dataclass(frozen=True, slots=True)
class Identifier:
    """The keys, in the order of their tags, without the character set and the level."""

    #: As it was sent, but for padding; empty when it was not.
    level: str
    character_set: str
    keys: tuple[Key, ...]


def read_identifier(
    raw: bytes, transfer_syntax_uid: str, dictionary: Dictionary, default_charset: Charset
) -> Identifier:
    """Read an identifier as files are read: what is malformed ends it."""
    tree = read_tree(file_head("", "", transfer_syntax_uid, "") + raw, dictionary)
    named = tree.root.elements.get(SPECIFIC_CHARACTER_SET)
    term = b"" if named is None else tree.data[named.start : named.stop]
    read = _Reader(tree.data, charset_of(term, default_charset), dictionary).keys(tree.root)
    keys = {key.tag: key for key in read}
    level = keys.pop(QUERY_RETRIEVE_LEVEL, None)
    return Identifier(
        level=level.text.strip() if level else "",
        character_set=term.decode("ascii", "replace").strip(" \0"),
        keys=tuple(keys.values()),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the keys of one identifier."""

    data: bytes
    charset: Charset
    dictionary: Dictionary

    def keys(self, dataset: Dataset) -> tuple[Key, ...]:
        return tuple(
            self._key(tag, dataset)
            for tag in sorted(dataset.elements)
            if tag >> 16 >= _FIRST_GROUP and tag & 0xFFFF and tag != SPECIFIC_CHARACTER_SET
        )

    def _key(self, tag: int, dataset: Dataset) -> Key:
        element = dataset.elements[tag]
        if element.items is not None:
            first = self.keys(element.items[0]) if element.items else ()
            return Key(tag, "SQ", "", items=first, is_beyond=len(element.items) > 1)
        vr = told_vr(tag, element.vr, self._creator(tag, dataset), self.dictionary)
        value = self.data[element.start : element.stop]
        read_as = vr if element.vr == "UN" or vr in TEXT_VRS else element.vr
        text = readable(value, read_as, dataset.byte_order, self.charset)
        return Key(tag, vr, text or "", is_beyond=text is None and bool(value))

    def _creator(self, tag: int, dataset: Dataset) -> str:
        reservation = creator_tag(tag)
        element = dataset.elements.get(reservation)
        if not is_private_creator(reservation) or element is None:
            return ""
        return self.data[element.start : element.stop].decode("ascii", "replace").strip(" \0")


def told_vr(tag: int, vr: str, creator: str, dictionary: Dictionary) -> str:
    """Name the VR of an attribute: the standard's, or its vendor's; else what was sent."""
    if is_private_creator(tag):
        return "LO"
    known = dictionary.vr_of(tag, creator)
    return vr if known == "UN" or vr in known.split(" or ") else known
