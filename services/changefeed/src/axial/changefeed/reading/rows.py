"""What a read of the feeds gives: rows as values, with the position they were read at."""

from collections.abc import Sequence
from dataclasses import dataclass

from axial.changefeed.reading.high_water import HighWater
from axial.common.identifiers import Level, ResourceId
from axial.common.ticks import Ticks


@dataclass(frozen=True, slots=True)
class Change:
    """One row of Orthanc's feed."""

    sequence: int
    change_type: int
    level: Level
    resource_id: ResourceId
    ticks: Ticks


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Rows of Orthanc's feed in ascending order."""

    high_water: HighWater
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of Azure's feed, with the newest row of the same instance."""

    sequence: int
    action: int
    instance_id: ResourceId
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    ticks: Ticks
    newest_sequence: int
    newest_action: int


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Rows of Azure's feed in ascending order."""

    high_water: HighWater
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class StoredHeader:
    """Where the header of an instance's current version is: in the row, or in a blob."""

    instance_id: ResourceId
    version: int
    header: bytes | None
    header_blob_key: str | None
