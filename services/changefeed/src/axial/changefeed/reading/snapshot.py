"""The one documented read of schema `feed`: rows, each page with the position it was read at."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.rows import (
    Change,
    ChangesPage,
    EntriesPage,
    Entry,
    Standing,
    StoredHeader,
)
from axial.common.identifiers import ResourceId
from axial.common.postgres import Statements
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

# A page can skip at most this many rows, so that adding them to a sequence stays a bigint.
_MAXIMUM_SKIP = 2**62
# Every statement gives these first: log_sequence, change_sequence, instance_sequence, ticks, cleared_sequence.
_POSITION_COLUMNS = 5


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

    async def standing(self, known: LogSequence) -> Standing:
        """Read where the projection stands, and which rows events behind `known` have changed the look of."""
        rows = await self._connection.fetch(self._statements["standing"], known)
        marks = rows[0][_POSITION_COLUMNS:]
        return Standing(
            _high_water(rows), [] if marks[0] is None else list(zip(*marks, strict=True))
        )

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
        view = "history" if include_deleted else "changes"
        name = f"{view}_{'descending' if descending else 'ascending'}"
        rows = await self._connection.fetch(self._statements[name], since, to, types, limit)
        return ChangesPage(_high_water(rows), list(map(Change._make, _found(rows))))

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

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """Run another package's statement."""
        return await self._connection.fetch(statement, *arguments)

    async def rows_at(self, statement: str, *arguments: object) -> tuple[HighWater, list[Any]]:
        """Run another package's statement that gives the position's columns first, in each row."""
        rows = await self._connection.fetch(statement, *arguments)
        return _high_water(rows), rows

    async def _entries(self, name: str, *arguments: int) -> EntriesPage:
        rows = await self._connection.fetch(self._statements[name], *arguments)
        return EntriesPage(_high_water(rows), list(map(Entry._make, _found(rows))))


def _found(rows: list[Any]) -> list[Any]:
    """Take the rows that were found; when there are none, the position stands alone."""
    if rows[0]["sequence"] is None:
        return []
    return [row[_POSITION_COLUMNS:] for row in rows]


def _high_water(rows: list[Any]) -> HighWater:
    first = rows[0]
    return HighWater(LogSequence(first[0]), first[1], first[2], Ticks(first[3]), first[4])
