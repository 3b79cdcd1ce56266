"""The one documented read of schema `feed`: rows, each page with the position it was read at."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.rows import Change, ChangesPage, EntriesPage, Entry, StoredHeader
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Statements
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

# A page can skip at most this many rows, so that adding them to a sequence stays a bigint.
_MAXIMUM_SKIP = 2**62


class Connection(Protocol):
    """A connection, or a pool's loan of one."""

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """Run a statement."""
        ...


class Snapshot:
    """Reads that agree with one another as long as their connection is in one transaction."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    async def position(self) -> HighWater:
        """Read where the projection stands."""
        return _high_water(await self._connection.fetch(self._statements["position"]))

    async def changes(
        self,
        since: int,
        to: int,
        types: Sequence[int] | None,
        limit: int,
        *,
        include_deleted: bool,
        descending: bool = False,
    ) -> ChangesPage:
        """Read changes in `(since, to]`: the lowest numbers, or the highest when `descending`."""
        name = "changes_descending" if descending else "changes_ascending"
        rows = await self._connection.fetch(
            self._statements[name], since, to, types, limit, include_deleted
        )
        return ChangesPage(
            _high_water(rows),
            [
                Change(row[4], row[5], Level(row[6]), ResourceId(row[7]), Ticks(row[8]))
                for row in rows
                if row["sequence"] is not None
            ],
        )

    async def by_sequence(self, after: int, through: int) -> EntriesPage:
        """Read the entries with a sequence in `(after, through]`."""
        return await self._entries("instances_by_sequence", after, through)

    async def by_time(self, start: Ticks, end: Ticks, skip: int, limit: int) -> EntriesPage:
        """Read the entries with a time in `[start, end)`, without the first `skip`."""
        skip = min(skip, _MAXIMUM_SKIP)
        return await self._entries("instances_by_time", start, end, skip, limit)

    async def latest(self) -> EntriesPage:
        """Read the newest entry, if there is one."""
        return await self._entries("instance_latest")

    async def headers(self, instance_ids: Iterable[ResourceId]) -> list[StoredHeader]:
        """Read the stored headers of some instances."""
        rows = await self._connection.fetch(self._statements["datasets"], list(instance_ids))
        return [StoredHeader(ResourceId(row[0]), row[1], row[2], row[3]) for row in rows]

    async def _entries(self, name: str, *arguments: int) -> EntriesPage:
        rows = await self._connection.fetch(self._statements[name], *arguments)
        found = [tuple(row)[4:] for row in rows if row["sequence"] is not None]
        return EntriesPage(_high_water(rows), [Entry(*values) for values in found])


def _high_water(rows: list[Any]) -> HighWater:
    first = rows[0]
    return HighWater(LogSequence(first[0]), first[1], first[2], Ticks(first[3]))
