"""Rows of the database as entries, and filters as the parameters of its statements."""

from typing import Any

from axial.changefeed.entries.entry import FeedEntry, InstanceFact
from axial.changefeed.entries.filters import Filter
from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks


def conditions(wanted: Filter) -> list[list[Any] | None]:
    """List the parameters of `entries.sql` that make the filter: NULL lets everything through."""
    members = (wanted.change_types, wanted.levels, wanted.modalities, wanted.aets, wanted.studies)
    return [list(values) or None for values in members]


def entry_of(row: Any) -> FeedEntry:
    """Read one row of `entries.sql`."""
    fact = None
    if row["fact_sequence"] is not None:
        fact = InstanceFact(
            row["fact_sequence"],
            Action(row["action"]),
            row["series_instance_uid"],
            row["sop_instance_uid"],
        )
    return FeedEntry(
        row["sequence"],
        ChangeType(row["change_type"]),
        Level(row["level"]),
        ResourceId(row["resource_id"]),
        Ticks(row["ticks"]),
        LogSequence(row["caused_by"]),
        row["study_id"],
        row["study_instance_uid"],
        tuple(row["modalities"]),
        tuple(row["aets"]),
        fact,
    )
