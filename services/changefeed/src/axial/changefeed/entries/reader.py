"""Reads of the whole history, from any position to the end, and the wait for what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.rows import conditions, entry_of
from axial.changefeed.entries.tail import Tail
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.projection import Projection
from axial.changefeed.reading.shared_call import SharedCall
from axial.common.postgres import Statements
from axial.common.ticks import Ticks

#: About 4 MB. A reader that is further behind than this asks the database.
TAIL_ENTRIES = 4096
# Rows looked at in one read of the database, wanted or not: tens of milliseconds.
_SCANNED_ROWS = 20_000
_BIGINT_MAX = 2**63 - 1
_EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries in ascending order, and how far was looked for them."""

    entries: tuple[FeedEntry, ...]
    #: No entry up to here was left out; when it is below the high water, there may be more behind it.
    scanned_through: int
    high_water: HighWater


class Entries:
    """The history as rich entries: what Orthanc hides and `Deleted` rows too. One for a process."""

    def __init__(
        self, database: Database, projection: Projection, tail_entries: int = TAIL_ENTRIES
    ) -> None:
        self._database = database
        self._projection = projection
        self._statements = Statements("axial.changefeed.entries.sql")
        self._tail = Tail(tail_entries)
        self._setbacks = projection.setbacks
        self._extended = SharedCall(self._extend)

    async def caught_up(self) -> HighWater:
        """Return a position that includes every event acknowledged before the call; or Unavailable."""
        return await self._projection.caught_up()

    async def wait_beyond(self, sequence: int, seconds: float) -> HighWater:
        """Return as soon as there is an entry behind `sequence`, or when the time is up.

        At once, too, when the service is asked to stop. Unavailable when the database was never reached.
        """
        return await self._projection.news(lambda seen: seen.change_sequence > sequence, seconds)

    async def after(self, since: int, wanted: Filter, limit: int) -> EntryPage:
        """Read at most `limit` entries (one or more) behind `since`, from a position at least as seen.

        It looks at a bounded number of entries: go on from `scanned_through` for more.
        """
        assert limit > 0, "a page of none would never come to an end"
        seen = self._projection.seen
        if seen is not None and since >= seen.change_sequence - self._tail.capacity:
            if self._is_behind(seen):
                await self._extended()
            # Looked at again: it may have been cleared, or have moved on beyond what is asked for.
            if self._tail.high_water is not None and self._tail.covers(since):
                return _page(self._tail.after(since), wanted, limit, since, self._tail.high_water)
        return await self._scan(since, min(since + _SCANNED_ROWS, _BIGINT_MAX), wanted, limit)

    async def at_time(self, ticks: Ticks) -> int:
        """Return the highest sequence with a time below `ticks`, 0 if none: reading on starts there."""
        async with self._database.single() as snapshot:
            rows = await snapshot.rows(self._statements["sequence_before"], ticks)
        return int(rows[0][0])

    async def of_instance_change(self, instance_sequence: int) -> int | None:
        """Return the sequence of the entry that tells of the same fact as a row of Azure's feed."""
        async with self._database.single() as snapshot:
            rows = await snapshot.rows(
                self._statements["sequence_of_instance_change"], instance_sequence
            )
        return int(rows[0][0]) if rows else None

    def _is_behind(self, seen: HighWater) -> bool:
        if self._setbacks != self._projection.setbacks:
            self._tail.clear()
            self._setbacks = self._projection.setbacks
        high_water = self._tail.high_water
        return high_water is None or high_water.log_sequence < seen.log_sequence

    async def _extend(self) -> None:
        """Read what has been written since, once for everybody who waits."""
        seen, setbacks = self._projection.seen, self._projection.setbacks
        assert seen is not None, "asked for only when a position was seen"
        newest = self._tail.newest
        since = max(seen.change_sequence - self._tail.capacity, 0)
        if newest is not None and newest.sequence > since:
            # Read once more: when it is not the same, the database was replaced by another.
            since = newest.sequence - 1
        # Twice the capacity: what is written between `seen` and this read does not fit otherwise.
        page = await self._scan(since, _BIGINT_MAX, _EVERYTHING, 2 * self._tail.capacity)
        if newest is None or page.entries[:1] != (newest,):
            self._tail.clear()
            self._tail.extend(page.entries, page.high_water)
        else:
            self._tail.extend(page.entries[1:], page.high_water)
        if page.scanned_through < page.high_water.change_sequence or setbacks != self._setbacks:
            # More has come than can be held, or all of it is in doubt: the next asker starts anew.
            self._tail.clear()

    async def _scan(self, since: int, through: int, wanted: Filter, limit: int) -> EntryPage:
        async with self._database.single() as snapshot:
            high_water, rows = await snapshot.rows_at(
                self._statements["entries"], since, through, limit, *conditions(wanted)
            )
        entries = tuple(entry_of(row) for row in rows if row["sequence"] is not None)
        if len(entries) == limit:
            through = entries[-1].sequence
        return EntryPage(entries, max(min(through, high_water.change_sequence), since), high_water)


def _page(
    entries: Iterable[FeedEntry], wanted: Filter, limit: int, since: int, high_water: HighWater
) -> EntryPage:
    found: list[FeedEntry] = []
    for entry in entries:
        if wanted.matches(entry):
            found.append(entry)
            if len(found) == limit:
                return EntryPage(tuple(found), entry.sequence, high_water)
    return EntryPage(tuple(found), max(since, high_water.change_sequence), high_water)
