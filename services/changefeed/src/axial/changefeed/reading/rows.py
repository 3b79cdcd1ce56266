"""What a read of the feeds gives: rows as values, with the position they were read at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.stale_blocks import Mark
from axial.common.identifiers import ResourceId
from axial.common.ticks import Ticks


class Change(NamedTuple):
    """One row of Orthanc's feed. A tuple, since pages of them are made by the thousand each second."""

    sequence: int
    change_type: int
    level: int
    resource_id: ResourceId
    ticks: Ticks


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Rows of Orthanc's feed in ascending order."""

    high_water: HighWater
    changes: Sequence[Change]


class Entry(NamedTuple):
    """One row of Azure's feed, with the newest row of the same instance. A tuple for the same reason."""

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
class Standing:
    """Where the projection stands, and the rows that are shown otherwise since a former position."""

    high_water: HighWater
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class StoredHeader:
    """Where the header of an instance's current version is: in the row, or in a blob."""

    instance_id: ResourceId
    version: int
    header: bytes | None
    header_blob_key: str | None
