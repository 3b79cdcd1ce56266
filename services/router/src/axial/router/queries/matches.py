"""An answer to a C-FIND as Orthanc shows it. Pure."""

from dataclasses import dataclass

from axial.common.attributes import format_tag, parse_tag
from axial.common.dictionary import Dictionary
from axial.common.encodings import ENCODINGS
from axial.common.identifiers import Level
from axial.common.orthanc_tags import Json, TagFormat, instance_tags
from axial.common.reading import Reading
from axial.dimse.asking.find import Match
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.repertoires import repertoires
from axial.router.retrieval.keys import LEVEL_NAMES, QUERY_RETRIEVE_LEVEL, SPECIFIC_CHARACTER_SET
from axial.router.retrieval.wishes import in_full


@dataclass(frozen=True, slots=True)
class Shown:
    """How answers are read."""

    #: None for worklists.
    level: Level | None
    #: The character set of answers that name none.
    encoding: str
    dictionary: Dictionary

    def of(self, match: Match) -> Json:
        """Show an answer in the full format; what every answer tells is added where a modality has left it out."""
        raw = file_head("", "", match.transfer_syntax_uid, "") + match.data_set
        reading = Reading(self.dictionary, ENCODINGS[self.encoding])
        tags = instance_tags(raw, TagFormat.FULL, reading=reading, is_whole=True)
        if self.level is None:
            return tags
        missing = {}
        if not _text(tags, SPECIFIC_CHARACTER_SET):
            missing[SPECIFIC_CHARACTER_SET] = repertoires("", self.encoding)[0].term
        if format_tag(QUERY_RETRIEVE_LEVEL) not in tags:
            missing[QUERY_RETRIEVE_LEVEL] = LEVEL_NAMES[self.level]
        return dict(sorted((tags | in_full(missing, self.dictionary)).items()))


def _text(tags: Json, tag: int) -> str:
    return (tags.get(format_tag(tag)) or {}).get("Value") or ""


def texts_of(full: Json) -> dict[int, str]:
    """Take the texts out of an answer in the full format, by tag."""
    return {
        tag: element["Value"]
        for name, element in full.items()
        if element["Type"] == "String" and (tag := parse_tag(name)) is not None
    }
