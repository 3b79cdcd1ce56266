"""What operators do with consumers, on whichever replica they ask."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.consumers.outlook import Outlooks
from axial.changefeed.consumers.requests import ConsumerWish, Position
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.high_water import HighWater
from axial.common.errors import BadParameter, Conflict


@dataclass(frozen=True, slots=True)
class Status:
    """A consumer, and what it has before it."""

    consumer: Consumer
    #: The oldest entry that it wants and has not acknowledged.
    oldest: FeedEntry | None
    high_water: HighWater


class Administration:
    """Makes, changes, shows and moves consumers; at most `maximum` of them."""

    def __init__(
        self, store: ConsumerStore, entries: Entries, outlooks: Outlooks, maximum: int
    ) -> None:
        self._store = store
        self._entries = entries
        self._outlooks = outlooks
        self._maximum = maximum

    async def put(self, name: str, wish: ConsumerWish) -> bool:
        """Make a consumer (True) or change it (False); Conflict when there is no room for another."""
        wanted, target = wish.wanted(), wish.target()
        await self._entries.caught_up()  # a service that has just started waits here for its tables
        if await self._store.replace(name, wanted, target):
            return False
        if target is not None and not target.secrets:
            raise BadParameter("Push.Secrets: at least one is needed to sign with.")
        position = await self._position(wish.start)
        if await self._store.create(name, wanted, target, position, self._maximum):
            return True
        # Somebody else may have made it meanwhile.
        if await self._store.replace(name, wanted, target):
            return False
        raise Conflict(f"There are {self._maximum} consumers already, which is the limit.")

    async def status(self, name: str) -> Status:
        """Show one consumer."""
        high_water = await self._entries.caught_up()
        return await self._look(await self._store.get(name), high_water)

    async def statuses(self) -> AsyncIterator[Status]:
        """Show all consumers, by name."""
        high_water = await self._entries.caught_up()
        for consumer in await self._store.all():
            yield await self._look(consumer, high_water)

    async def rewind(self, name: str, position: Position) -> None:
        """Let a consumer go on from another position, back or forth."""
        await self._store.rewind(name, await self._position(position))

    async def _look(self, consumer: Consumer, high_water: HighWater) -> Status:
        while True:
            outlook = await self._outlooks.of(consumer)
            # What it does not want it need not acknowledge: its position will be moved there.
            seen = consumer.at(max(consumer.acknowledged, outlook.clear_through))
            if outlook.oldest or outlook.clear_through >= high_water.change_sequence:
                return Status(seen, outlook.oldest, high_water)

    async def _position(self, start: str | Position) -> int:
        """Return the sequence that a reader starts behind."""
        end = (await self._entries.caught_up()).change_sequence
        if isinstance(start, str):
            return {"earliest": 0, "latest": end}[start]
        if start.ticks is not None:
            return await self._entries.at_time(start.ticks)
        assert start.seq is not None, "a position has one of the two"
        if start.seq > end:
            raise BadParameter("Seq is beyond the end of the feed.")
        return start.seq
