"""Which entries a query of the Azure feed asks for, and for how long that stays so."""

from dataclasses import dataclass
from typing import TypeAlias

from axial.changefeed.azure.query import SequenceQuery, TimeQuery
from axial.changefeed.reading.pages import Shown
from axial.changefeed.reading.rows import EntriesPage
from axial.changefeed.reading.snapshot import Snapshot
from axial.changefeed.reading.stale_blocks import Feed


@dataclass(frozen=True, slots=True)
class LatestQuery:
    """The entry with the highest sequence, which also has the highest time."""

    include_metadata: bool


AzureQuery: TypeAlias = SequenceQuery | TimeQuery | LatestQuery


async def select(snapshot: Snapshot, query: AzureQuery) -> EntriesPage:
    """Read the entries."""
    match query:
        case SequenceQuery():
            return await snapshot.by_sequence(query.offset, query.through)
        case TimeQuery():
            window = query.window
            return await snapshot.by_time(window.start, window.end, query.offset, query.limit)
        case LatestQuery():
            return await snapshot.latest()


def grows(query: AzureQuery, found: EntriesPage) -> bool:
    """Tell whether entries that are written later can belong to the page."""
    match query:
        case SequenceQuery():
            return query.through > found.high_water.instance_sequence
        case TimeQuery():
            # No later entry has a time up to the position's.
            full = len(found.entries) == query.limit
            return not full and query.window.end > found.high_water.ticks
        case LatestQuery():
            return True


def shown(found: EntriesPage) -> Shown:
    """Tell which rows the page is made of; of those it leaves out, nothing is shown."""
    numbers = [entry.sequence for entry in found.entries] or [0]
    return Shown(Feed.INSTANCE_CHANGES, numbers[0], numbers[-1])
