"""Orthanc's identifiers of patients, studies, series and instances."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha1
from typing import NewType

ResourceId = NewType("ResourceId", str)
"""Five groups of eight hex digits: the SHA-1 that names a resource in Orthanc's REST API."""

_RESOURCE_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{8}){4}")


def is_resource_id(text: str) -> bool:
    """Tell whether a resource can be called so."""
    return _RESOURCE_ID.fullmatch(text) is not None


class Level(IntEnum):
    """The four levels of the DICOM hierarchy, with Orthanc's own numbers (`ResourceType`)."""

    PATIENT = 1
    STUDY = 2
    SERIES = 3
    INSTANCE = 4

    @property
    def type_name(self) -> str:
        """The level as Orthanc writes it in JSON: `Patient`."""
        return _TYPE_NAMES[self]

    @property
    def path_name(self) -> str:
        """The level as Orthanc writes it in paths: `patients`."""
        return _PATH_NAMES[self]

    @property
    def parent(self) -> "Level | None":
        """The level above, or None above the patient."""
        return Level(self - 1) if self > Level.PATIENT else None

    @property
    def child(self) -> "Level | None":
        """The level below, or None below the instance."""
        return Level(self + 1) if self < Level.INSTANCE else None

    @classmethod
    def from_type_name(cls, name: str) -> "Level":
        """Read `Patient`, `Study`, `Series` or `Instance`; a KeyError otherwise."""
        return _LEVEL_OF_TYPE_NAME[name]

    @classmethod
    def from_path_name(cls, name: str) -> "Level":
        """Read `patients`, `studies`, `series` or `instances`; a KeyError otherwise."""
        return _LEVEL_OF_PATH_NAME[name]

    @classmethod
    def from_word(cls, word: str) -> "Level":
        """Read whatever Orthanc takes for a level in a question, in any case; a KeyError otherwise."""
        return _LEVEL_OF_WORD[word.lower()]


_TYPE_NAMES = {
    Level.PATIENT: "Patient",
    Level.STUDY: "Study",
    Level.SERIES: "Series",
    Level.INSTANCE: "Instance",
}
_PATH_NAMES = {
    Level.PATIENT: "patients",
    Level.STUDY: "studies",
    Level.SERIES: "series",
    Level.INSTANCE: "instances",
}
_LEVEL_OF_TYPE_NAME = {name: level for level, name in _TYPE_NAMES.items()}
_LEVEL_OF_PATH_NAME = {name: level for level, name in _PATH_NAMES.items()}
# Orthanc's `StringToResourceType`.
_LEVEL_OF_WORD = {
    **{name.lower(): level for name, level in _LEVEL_OF_TYPE_NAME.items()},
    **_LEVEL_OF_PATH_NAME,
    "image": Level.INSTANCE,
    "images": Level.INSTANCE,
}


@dataclass(frozen=True, slots=True)
class ResourceIds:
    """The identifiers of one instance and of its three ancestors."""

    patient: ResourceId
    study: ResourceId
    series: ResourceId
    instance: ResourceId

    def at(self, level: Level) -> ResourceId:
        """The identifier at one level."""
        return (self.patient, self.study, self.series, self.instance)[level - 1]


@lru_cache(
    maxsize=4096
)  # more than a batch: the projector asks when it loads, and again when it folds
def resource_ids(patient_id: str, study_uid: str, series_uid: str, sop_uid: str) -> ResourceIds:
    """Name an instance and its ancestors as Orthanc does (`DicomInstanceHasher`)."""
    digest = sha1(patient_id.encode(), usedforsecurity=False)
    patient = _spell(digest.hexdigest())
    digest.update(f"|{study_uid}".encode())
    study = _spell(digest.hexdigest())
    digest.update(f"|{series_uid}".encode())
    series = _spell(digest.hexdigest())
    digest.update(f"|{sop_uid}".encode())
    return ResourceIds(patient, study, series, _spell(digest.hexdigest()))


def _spell(digest: str) -> ResourceId:
    return ResourceId(f"{digest[:8]}-{digest[8:16]}-{digest[16:24]}-{digest[24:32]}-{digest[32:]}")
