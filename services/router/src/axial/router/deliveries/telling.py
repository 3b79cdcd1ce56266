"""Telling the log of exports what was delivered (Orthanc's `LogExportedResources`)."""

import asyncio
from contextlib import suppress

from axial.common.errors import Unavailable
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Pool, Statements
from axial.router.bell import Bell
from axial.router.deliveries.database import or_unavailable
from axial.router.exports import Exports
from axial.router.index_client import Resource

# As many as the log is asked to append together.
_AT_ONCE = 64
# What is delivered meanwhile is told together.
_PAUSE_SECONDS = 0.5
# Nobody rings when the log comes back.
_LOOK_SECONDS = 5.0


class Telling:
    """Appends what is noted in the deliveries as not told yet: what was delivered is told, whoever dies in between.

    Two replicas may tell of the same delivery, or one does again after an outage: the log keeps one.
    """

    def __init__(self, pool: Pool, bell: Bell, exports: Exports) -> None:
        self._pool = pool
        self._bell = bell
        self._exports = exports
        self._statements = Statements("axial.router.sql")

    async def run(self) -> None:
        """Tell for ever, if anybody wants to hear it."""
        while self._exports.is_wanted:
            heard = self._bell.heard("ended")
            with suppress(Unavailable):
                while await self._tell_some():
                    pass
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._bell.after("ended", heard, _LOOK_SECONDS)

    async def _tell_some(self) -> bool:
        async with or_unavailable():
            rows = await self._pool.fetch(self._statements["delivery_to_tell"], _AT_ONCE)
        # A delivery that is replayed is told again.
        await asyncio.gather(
            *(
                self._exports.tell(
                    row["name"],
                    [Resource(ResourceId(row["instance"]), Level.INSTANCE)],
                    f"delivery/{row['id']}/{row['asked_at'].timestamp()}",
                )
                for row in rows
            )
        )
        async with or_unavailable():
            told = [row["id"] for row in rows]
            await self._pool.execute(self._statements["delivery_told"], told)
        return len(rows) == _AT_ONCE
