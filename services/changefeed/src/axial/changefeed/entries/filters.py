"""Which entries a reader wants: by change type, level, modality, AE title and study."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.reading.change_types import ChangeType
from axial.common.errors import BadParameter
from axial.common.identifiers import Level

T = TypeVar("T")

#: The query parameters of a filter, with the members of its JSON.
PARAMETERS = {
    "type": "ChangeTypes",
    "level": "Levels",
    "modality": "Modalities",
    "aet": "AETs",
    "study": "Studies",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """All of the conditions that are given must hold; of each, one value must. Empty is everything."""

    change_types: frozenset[ChangeType] = frozenset()
    levels: frozenset[Level] = frozenset()
    #: Of instances that had reached the resource: a study is of several modalities.
    modalities: frozenset[str] = frozenset()
    aets: frozenset[str] = frozenset()
    #: Orthanc's identifiers of studies, or StudyInstanceUIDs. No patient belongs to a study.
    studies: frozenset[str] = frozenset()

    def matches(self, entry: FeedEntry) -> bool:
        """Tell whether an entry is wanted."""
        return (
            (not self.change_types or entry.change_type in self.change_types)
            and (not self.levels or entry.level in self.levels)
            and (not self.modalities or not self.modalities.isdisjoint(entry.modalities))
            and (not self.aets or not self.aets.isdisjoint(entry.aets))
            and (
                not self.studies
                or entry.study_id in self.studies
                or entry.study_instance_uid in self.studies
            )
        )

    def to_json(self) -> dict[str, list[str]]:
        """Write the filter as consumers keep it; the same filter is always the same JSON."""
        return {
            "ChangeTypes": sorted(kind.type_name for kind in self.change_types),
            "Levels": [level.type_name for level in sorted(self.levels)],
            "Modalities": sorted(self.modalities),
            "AETs": sorted(self.aets),
            "Studies": sorted(self.studies),
        }

    @classmethod
    def from_json(cls, document: object) -> "Filter":
        """Read what `to_json` writes, members left out being empty; BadParameter for anything else."""
        if not isinstance(document, dict):
            raise BadParameter("A filter must be a JSON object.")
        if not document.keys() <= set(PARAMETERS.values()):
            raise BadParameter(f"A filter has the members {', '.join(PARAMETERS.values())}.")
        for values in document.values():
            if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
                raise BadParameter("The members of a filter must be arrays of strings.")
        return _filter(document)


def read_filter(parameters: Iterable[tuple[str, str]]) -> Filter:
    """Read `type`, `level`, `modality`, `aet`, `study`; raise BadParameter for an unknown word.

    Each may be repeated, and may hold several values separated by `;`. Other parameters are not looked at.
    """
    members: dict[str, list[str]] = {}
    for name, text in parameters:
        if name in PARAMETERS:
            values = [value for value in text.split(";") if value]
            members.setdefault(PARAMETERS[name], []).extend(values)
    return _filter(members)


def _filter(members: dict[str, list[str]]) -> Filter:
    def words(member: str, read: Callable[[str], T]) -> frozenset[T]:
        try:
            return frozenset(map(read, members.get(member, ())))
        except KeyError:
            raise BadParameter(f"Unknown value in {member}.") from None

    return Filter(
        words("ChangeTypes", ChangeType.from_type_name),
        words("Levels", Level.from_type_name),
        words("Modalities", str),
        words("AETs", str),
        words("Studies", str),
    )
