"""What it takes to send instances to somebody, read from the projection."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable

# Of series with a thousand instances each a page is some megabytes.
_PAGE_SERIES = 10
# A patient may have thousands of series, whose identifiers are little.
_PAGE_FOLDERS = 100
_PAGE_INSTANCES = 5000

#: Identifier, SOP class, SOP instance and transfer syntax.
Sendable = tuple[str, str, str, str]
#: The same, with the size of the file in bytes and its MD5.
Outbound = tuple[str, str, str, str, int, str]
#: Identifier, SOP class, SOP instance, the blob's key, the file's size in bytes and MD5; these two of the blob as well
#: if it is compressed.
Held = tuple[str, str, str, str, int, str, int | None, str | None]


class SendableReads:
    """Reads instances to be sent; `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def below(
        self, level: Level, ids: Sequence[ResourceId]
    ) -> AsyncIterator[Sequence[Sendable]]:
        """Walk the instances of some resources of one level, series by series."""
        if level is Level.INSTANCE:
            yield _page(await self._fetch("find_sendable", ids))
            return
        for some in _slices(ids, _PAGE_FOLDERS):
            series = [row["id"] for row in await self._fetch("find_sendable_series", some)]
            for few in _slices(series, _PAGE_SERIES):
                yield _page(await self._fetch("find_sendable_of_series", few))

    async def outbound(self, resources: Sequence[tuple[Level, ResourceId]]) -> list[Outbound]:
        """List the instances of resources of any levels, in the order in which these are named, each once."""
        ids: dict[str, None] = {}
        for level, resource_id in resources:
            if level is Level.INSTANCE:
                ids[resource_id] = None
                continue
            async for page in self.below(level, [resource_id]):
                ids |= dict.fromkeys(row[0] for row in page)
        found: dict[str, Outbound] = {}
        for some in _slices([ResourceId(name) for name in ids], _PAGE_INSTANCES):
            found |= {row["id"]: tuple(row) for row in await self._fetch("find_outbound", some)}
        return [found[name] for name in ids if name in found]

    async def held(self, sop_instance_uids: Sequence[str]) -> list[Held]:
        """List the files of the instances with some UIDs; of one UID there may be several."""
        return _page(await self._fetch("find_held", sop_instance_uids))

    async def _fetch(self, statement: str, ids: Sequence[str]) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(self._statements[statement], list(ids)))


def _slices(ids: Sequence[ResourceId], size: int) -> list[Sequence[ResourceId]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _page(rows: Sequence[Any]) -> list[Any]:
    return [tuple(row) for row in rows]
