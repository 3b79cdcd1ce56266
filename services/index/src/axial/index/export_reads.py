"""The log of exports, read from the projection."""

from dataclasses import dataclass
from typing import Any

from axial.common.identifiers import Level
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.common.ticks import Ticks
from axial.index.state import Export


@dataclass(frozen=True, slots=True)
class ExportsPage:
    """Some exports in the order in which they were noted."""

    exports: list[Export]
    #: Whether there are none behind them.
    done: bool


class ExportReads:
    """Reads the log of exports; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def page(self, since: int, limit: int) -> ExportsPage:
        """Read what stands behind a number."""
        rows = await self._fetch("find_exports", since, limit + 1)
        return ExportsPage([_export(row) for row in rows[:limit]], len(rows) <= limit)

    async def last(self) -> ExportsPage:
        """Read the newest export, if there is one."""
        return ExportsPage([_export(row) for row in await self._fetch("find_last_export")], True)

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(self._statements[statement], *arguments))


def _export(row: Any) -> Export:
    values = dict(row)
    return Export(level=Level(values.pop("level")), ticks=Ticks(values.pop("ticks")), **values)
