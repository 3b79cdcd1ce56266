"""What a C-FIND asks of the index, and how a match is told (PS3.4 section C.4.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from axial.common.attributes import format_tag, parse_tag
from axial.common.datasets import creator_tag, is_private_creator
from axial.common.dictionary import Dictionary
from axial.dicom_gateway.index_client import Asked, Conditions
from axial.dicom_gateway.operations.levels import LEVELS
from axial.dimse.messages.elements import Written
from axial.dimse.messages.identifiers import (
    QUERY_RETRIEVE_LEVEL,
    SPECIFIC_CHARACTER_SET,
    Identifier,
    Key,
    told_vr,
)
from axial.dimse.messages.repertoires import Repertoire, choose

_RETRIEVE_AE_TITLE = 0x00080054
_INSTANCE_AVAILABILITY = 0x00080056
_TIMEZONE_OFFSET_FROM_UTC = 0x00080201
# What is told and never matched (PS3.4 sections C.4.1.1.3.2 and C.2.2.2).
_TOLD_ONLY = frozenset({_RETRIEVE_AE_TITLE, _INSTANCE_AVAILABILITY, _TIMEZONE_OFFSET_FROM_UTC})

Match = Mapping[str, Any]
"""An attribute's value by its tag: a text, or a list of such mappings; an item may have null, too."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the index is asked, and what the answer is to be called."""

    asked: Asked
    #: Whether something else was asked for, which is not looked at.
    is_loose: bool


def question_of(identifier: Identifier) -> Question | None:
    """Read an identifier; None when it names no level.

    Keys of other levels are taken at any level, and unique keys may be missing, as in Orthanc.
    """
    level = LEVELS.get(identifier.level.upper())
    if level is None:
        return None
    own = {_RETRIEVE_AE_TITLE, _INSTANCE_AVAILABILITY}
    keys = [key for key in identifier.keys if key.tag not in _TOLD_ONLY]
    return Question(
        Asked(level, _conditions(keys), [key.tag for key in identifier.keys if key.tag not in own]),
        is_loose=any(map(_is_loose, keys)),
    )


def _conditions(keys: Sequence[Key]) -> Conditions:
    """Take the keys that are matched; nothing, or asterisks only, is universal matching."""
    sequences = {key.tag: _conditions(key.items) for key in keys if key.items}
    return Conditions(
        {key.tag: key.text for key in keys if key.text.strip("*")},
        {tag: conditions for tag, conditions in sequences.items() if conditions},
    )


def _is_loose(key: Key) -> bool:
    return key.is_beyond or any(map(_is_loose, key.items))


class Answers:
    """Writes matches as the answers to one identifier."""

    def __init__(
        self,
        identifier: Identifier,
        own_aet: str,
        dictionary: Dictionary,
        repertoires: tuple[Repertoire, ...],
    ) -> None:
        self._dictionary = dictionary
        self._repertoires = repertoires
        told = {
            key.tag: (format_tag(key.tag), key.vr, _constant(key)) for key in identifier.keys
        } | {
            # Every answer names who can be asked for the instances (PS3.4 section C.4.1.1.3.2).
            QUERY_RETRIEVE_LEVEL: ("", "CS", identifier.level),
            _RETRIEVE_AE_TITLE: ("", "AE", own_aet),
            SPECIFIC_CHARACTER_SET: ("", "CS", ""),
        }
        self._told = [(tag, *told[tag]) for tag in sorted(told)]

    def answer(self, match: Match) -> tuple[list[Written], Repertoire]:
        """Write one answer, and name the character set in which it can be encoded."""
        answer = [
            self._element(tag, vr, match.get(name) or constant)
            for tag, name, vr, constant in self._told
        ]
        repertoire = choose(self._repertoires, "".join(_texts(answer)))
        at = next(n for n, each in enumerate(answer) if each.tag == SPECIFIC_CHARACTER_SET)
        if repertoire.term:
            answer[at] = Written(SPECIFIC_CHARACTER_SET, "CS", repertoire.term)
        else:
            del answer[at]
        return answer, repertoire

    def _element(self, tag: int, vr: str, value: Any) -> Written:
        if isinstance(value, list):
            return Written(tag, "SQ", [self._item(item) for item in value])
        return Written(tag, vr, [] if vr == "SQ" else value)

    def _item(self, item: Match) -> list[Written]:
        values = {tag: item[name] for name in item if (tag := parse_tag(name)) is not None}
        # The text of an item is in the character set of the answer.
        values.pop(SPECIFIC_CHARACTER_SET, None)
        return [
            self._element(tag, self._vr(tag, values), values[tag] or "") for tag in sorted(values)
        ]

    def _vr(self, tag: int, values: Mapping[int, Any]) -> str:
        return told_vr(tag, "UN", str(values.get(creator_tag(tag)) or ""), self._dictionary)


def _constant(key: Key) -> str:
    """Tell what is answered when the match has nothing: whoever reserved the block of private attributes."""
    if key.tag == _INSTANCE_AVAILABILITY:
        return "ONLINE"
    return key.text if is_private_creator(key.tag) else ""


def _texts(elements: list[Written]) -> Iterator[str]:
    for element in elements:
        if isinstance(element.value, str):
            yield element.value
        else:
            for item in element.value:
                yield from _texts(list(item))
