"""What names something at a modality, as bytes (PS3.4 section C.2.2), in a character set that it fits. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from axial.common.datasets import creator_tag
from axial.common.dictionary import Dictionary
from axial.dimse.messages.elements import ElementWriter, Item, Written
from axial.dimse.messages.identifiers import SPECIFIC_CHARACTER_SET, told_vr
from axial.dimse.messages.repertoires import choose, repertoires

#: Texts by tag, as Orthanc shows them; of a sequence its items.
Keys: TypeAlias = Mapping[int, str | Sequence["Keys"]]

# File meta information and lengths of groups are no keys.
_FIRST_GROUP = 0x0008


def writer_of(keys: Keys, encoding: str, dictionary: Dictionary) -> Callable[[str], bytes]:
    """Prepare to write keys in any transfer syntax.

    `encoding` is the character set for those who name none (Orthanc's `DefaultEncoding`); what does not fit it is
    written in UTF-8.
    """
    asked = keys.get(SPECIFIC_CHARACTER_SET, "")
    named = repertoires(asked if isinstance(asked, str) else "", encoding)
    repertoire = choose(named, "".join(_texts(keys)))
    elements = _item({**keys, SPECIFIC_CHARACTER_SET: repertoire.term}, dictionary)

    def write(transfer_syntax_uid: str) -> bytes:
        return ElementWriter(transfer_syntax_uid).data_set(elements, repertoire)

    return write


def _item(keys: Keys, dictionary: Dictionary) -> Item:
    written = []
    for tag in sorted(keys):
        if tag >> 16 < _FIRST_GROUP or not tag & 0xFFFF:
            continue
        value = keys[tag]
        vr = told_vr(tag, "UN", _creator(tag, keys), dictionary)
        if not isinstance(value, str):
            items = [_item(item, dictionary) for item in value]
            written.append(Written(tag, "SQ", items))
        elif vr == "SQ":
            # A text cannot ask anything of a sequence, but that it be told.
            written.append(Written(tag, "SQ", []))
        else:
            written.append(Written(tag, vr, value))
    return written


def _creator(tag: int, keys: Keys) -> str:
    creator = keys.get(creator_tag(tag), "")
    return creator if isinstance(creator, str) else ""


def _texts(keys: Keys) -> Iterator[str]:
    for value in keys.values():
        if isinstance(value, str):
            yield value
        else:
            for item in value:
                yield from _texts(item)
