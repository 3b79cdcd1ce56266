"""The kinds of change, with Orthanc's names and numbers (`ServerEnumerations.h`, ChangeType)."""

from enum import IntEnum


class ChangeType(IntEnum):
    """What happened to a resource. Orthanc logs those below 4096; only the whole history shows Deleted."""

    COMPLETED_SERIES = 1
    NEW_INSTANCE = 2
    NEW_PATIENT = 3
    NEW_SERIES = 4
    NEW_STUDY = 5
    ANONYMIZED_STUDY = 6
    ANONYMIZED_SERIES = 7
    MODIFIED_STUDY = 8
    MODIFIED_SERIES = 9
    ANONYMIZED_PATIENT = 10
    MODIFIED_PATIENT = 11
    STABLE_PATIENT = 12
    STABLE_STUDY = 13
    STABLE_SERIES = 14
    UPDATED_ATTACHMENT = 15
    UPDATED_METADATA = 16
    DELETED = 4096
    NEW_CHILD_INSTANCE = 4097

    @property
    def type_name(self) -> str:
        """The name in JSON: `NewInstance`."""
        return _NAMES[self]

    @classmethod
    def from_type_name(cls, name: str) -> "ChangeType":
        """Read `NewInstance`; a KeyError when there is no such type."""
        return _OF_NAME[name]


_NAMES = {kind: kind.name.title().replace("_", "") for kind in ChangeType}
_OF_NAME = {name: kind for kind, name in _NAMES.items()}
