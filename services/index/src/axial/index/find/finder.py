"""Carry out a query: a page of candidates at a time, each page looked at as far as SQL could not."""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any

from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.index.find.query import FindQuery
from axial.index.find.statement import Statement, statement_of
from axial.index.find.tags import TagReader
from axial.index.find.values import meets
from axial.index.matching import normalised

# As many as are expanded at once (`database.PAGE_ROWS`).
_PAGE_ROWS = 1000
# Candidates whose headers are read; a limit is often reached within some of them.
_CANDIDATE_ROWS = 100


class Finder:
    """Finds resources; `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool, tags: TagReader) -> None:
        self._pool = pool
        self._tags = tags
        self._statements = Statements("axial.index.sql")

    async def find(
        self, query: FindQuery, since: int = 0, limit: int | None = None
    ) -> AsyncIterator[list[ResourceId]]:
        """Walk what is found, in the order of creation unless another is asked for.

        No connection is held between pages.
        """
        statement = statement_of(query)
        if not (statement.left or query.sequences):
            async for page in self._candidates(statement, since, limit, _PAGE_ROWS):
                yield page
            return
        passed, left = 0, limit
        async for candidates in self._candidates(statement, 0, None, _CANDIDATE_ROWS):
            page = await self._matching(query, statement, candidates)
            skipped = min(len(page), since - passed)
            passed += skipped
            page = page[skipped:] if left is None else page[skipped : skipped + left]
            if page:
                yield page
            if left is not None:
                left -= len(page)
                if left <= 0:
                    return

    async def count(self, query: FindQuery) -> int:
        """Count what there is to be found."""
        statement = statement_of(dataclasses.replace(query, order=()))
        if statement.left or query.sequences:
            return sum([len(page) async for page in self.find(query)])
        text = (
            f"SELECT count(*) AS found FROM ({statement.rows}"  # noqa: S608 - parts of our own
            f" WHERE {statement.condition}) AS rows"
        )
        (row,) = await self._fetch(text, *statement.arguments)
        return int(row["found"])

    async def lookup(self, identifier: str) -> list[tuple[Level, ResourceId]]:
        """Name what has a DICOM identifier: a PatientID, or the UID of its level."""
        wanted = identifier.replace("\0", "").strip()
        rows = await self._fetch(self._statements["lookup"], normalised(wanted), wanted)
        return [(Level(row["level"]), row["id"]) for row in rows]

    async def levels(self, ids: Sequence[ResourceId]) -> dict[ResourceId, Level]:
        """Tell the levels of some resources; what is not there is left out."""
        rows = await self._fetch(self._statements["find_levels"], list(ids))
        return {row["id"]: Level(row["level"]) for row in rows}

    async def _candidates(
        self, statement: Statement, since: int, limit: int | None, page_rows: int
    ) -> AsyncIterator[list[ResourceId]]:
        """Walk the rows that SQL finds."""
        number = len(statement.arguments)
        behind = ""
        if statement.in_order_of_creation:
            behind = f" AND {statement.created_sequence} > ${number + 3}::bigint"
        text = (
            f"{statement.rows} WHERE {statement.condition}{behind} ORDER BY {statement.order}"
            f" OFFSET ${number + 1}::bigint LIMIT ${number + 2}::bigint"
        )
        offset, after, left = since, 0, limit
        while left is None or left > 0:
            rows = page_rows if left is None else min(left, page_rows)
            window = [offset, rows, after] if behind else [offset, rows]
            page = await self._fetch(text, *statement.arguments, *window)
            if page:
                yield [row["id"] for row in page]
            if len(page) < rows:
                return
            if behind:
                after, offset = page[-1]["created_sequence"], 0
            else:
                offset += rows
            left = None if left is None else left - rows

    async def _matching(
        self, query: FindQuery, statement: Statement, candidates: list[ResourceId]
    ) -> list[ResourceId]:
        """Look at what the tables cannot tell."""
        tags = {constraint.tag for constraint in statement.left}
        tags.update(sequence.tag for sequence in query.sequences)
        values = await self._tags.values(query.level, candidates, tags)
        return [
            resource_id
            for resource_id in candidates
            if meets(values[resource_id], statement.left, query.sequences)
        ]

    async def _fetch(self, text: str, *arguments: object) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(text, *arguments))
