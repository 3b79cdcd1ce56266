"""Go from blob to blob: over all of them, as their turn comes, and over the damaged ones, which may be whole again."""

import time
from collections.abc import Awaitable
from typing import Protocol

import asyncpg

from axial.common.postgres import Connection, Statements
from axial.index.scrub.pace import Clock, Pass

_PAGE_ROWS = 100
# Few: damaged files may be large, and must not keep the others waiting.
_SUSPECT_ROWS = 10
# What is read twice after a restart is what was read in so long.
_SAVE_SECONDS = 10.0
# Somebody who restores from a backup looks for the result within the hour.
_SUSPECTS_SECONDS = 1800.0


class Examine(Protocol):
    """Whoever looks at the blobs of a file."""

    def __call__(
        self, connection: Connection, row: asyncpg.Record, /, *, is_suspect: bool = False
    ) -> Awaitable[None]:
        """Look, and tell what was found."""


class Walk:
    """One pass after the other over all blobs; where it stands, is in a table."""

    def __init__(
        self,
        connection: Connection,
        examine: Examine,
        period_seconds: float,
        clock: Clock = time.time,
    ) -> None:
        self._connection = connection
        self._examine = examine
        self._period_seconds = period_seconds
        self._clock = clock
        self._statements = Statements("axial.index.sql")
        self._began_at = 0.0
        self._place = ("", 0)
        self._saved_place = self._place
        self._saved_at = 0.0

    async def open(self) -> None:
        """Go on where whoever went before was."""
        row = await self._connection.fetchrow(self._statements["load_scrub"])
        assert row is not None, "the migration puts this row in"
        self._began_at, self._place = row["began_at"], (row["resource_id"], row["number"])
        self._saved_place = self._place
        if self._began_at is None:
            await self._begin()

    async def step(self) -> float:
        """Look at some blobs whose turn it is; return in how many seconds it is the next one's."""
        present = Pass(self._began_at, self._period_seconds)
        page = await self._connection.fetch(
            self._statements["page_of_blobs"], *self._place, _PAGE_ROWS
        )
        for row in page:
            if (left := present.due_at(row["resource_id"]) - self._clock()) > 0:
                await self._save_progress()
                return left
            await self._examine(self._connection, row)
            self._place = (row["resource_id"], row["number"])
            if self._clock() - self._saved_at >= _SAVE_SECONDS:
                await self._save()
        if page:
            await self._save_progress()
        elif (left := present.ends_at - self._clock()) > 0:
            # What comes meanwhile may have its place at the end.
            return left
        else:
            await self._begin()
        return 0.0

    async def _begin(self) -> None:
        self._began_at, self._place = self._clock(), ("", 0)
        await self._save()

    async def _save_progress(self) -> None:
        if self._place != self._saved_place:
            await self._save()

    async def _save(self) -> None:
        await self._connection.execute(self._statements["save_scrub"], self._began_at, *self._place)
        self._saved_place, self._saved_at = self._place, self._clock()


class Suspects:
    """The damaged blobs, again and again; a new leader begins with the first."""

    def __init__(self, connection: Connection, examine: Examine, clock: Clock = time.time) -> None:
        self._connection = connection
        self._examine = examine
        self._clock = clock
        self._statements = Statements("axial.index.sql")
        self._last_key = ""
        self._due_at = 0.0

    async def step(self) -> None:
        """Look at the next ones, if it is their turn."""
        if self._clock() < self._due_at:
            return
        page = await self._connection.fetch(
            self._statements["page_of_damaged"], self._last_key, _SUSPECT_ROWS
        )
        for row in page:
            await self._examine(self._connection, row, is_suspect=True)
            self._last_key = row["damaged_key"]
        if len(page) < _SUSPECT_ROWS:
            self._last_key, self._due_at = "", self._clock() + _SUSPECTS_SECONDS
