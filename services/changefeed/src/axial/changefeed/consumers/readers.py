"""What readers of consumers do: take entries, acknowledge them, and leave out what cannot be taken."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from axial.changefeed.consumers.batches import Batch, next_batch
from axial.changefeed.consumers.metrics import ConsumerMetrics
from axial.changefeed.consumers.model import Consumer, Replay
from axial.changefeed.consumers.news import News
from axial.changefeed.consumers.redelivery import Redelivery
from axial.changefeed.consumers.requests import Acknowledgement, Skip
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.high_water import HighWater
from axial.common.errors import BadParameter, Conflict, NotFound

_BIGINT_MAX = 2**63 - 1
_EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Handout:
    """What a reader gets, and from which consumer: its generation acknowledges it."""

    consumer: Consumer
    batch: Batch

    @property
    def high_water(self) -> HighWater:
        """The position in the snapshot of the read."""
        return self.batch.high_water

    @property
    def empty(self) -> bool:
        """Whether there was nothing to get, so that waiting may be worth it."""
        return not self.batch.entries and self.batch.done


@dataclass(frozen=True, slots=True)
class Readers:
    """Serves any number of readers of any consumer; what they hold in common is in the store."""

    store: ConsumerStore
    entries: Entries
    polls: LongPolls
    news: News
    redelivery: Redelivery
    metrics: ConsumerMetrics

    async def next(self, name: str, limit: int, seconds: float) -> Handout:
        """Return what is to be done next, the same until it is acknowledged; wait if there is nothing."""
        with self.news.of(name) as told:

            async def read() -> Handout:
                told.clear()
                await self.entries.caught_up()
                consumer = _readable(await self.store.get(name))
                return Handout(consumer, await next_batch(self.entries, consumer, limit))

            async def news(handout: Handout, left: float) -> None:
                last, wanted = handout.batch.last, handout.consumer.filter
                await _first(told.wait(), self.polls.until_entry(last, _BIGINT_MAX, wanted, left))

            handout = await self.polls.read(read, lambda handout: handout.empty, news, seconds)
        consumer, batch = handout.consumer, handout.batch
        if not batch.entries and not batch.done:
            # The search was cut short: the next one goes on from here.
            await self.store.pass_over([(name, consumer.generation, batch.last)])
        self.metrics.count(name, len(batch.entries))
        return handout

    async def acknowledge(self, name: str, wish: Acknowledgement) -> None:
        """Move a consumer on; Conflict when what is acknowledged was read before a rewind."""
        if (await self.store.get(name)).push is not None:
            raise Conflict("The consumer's webhook acknowledges what it takes.")
        # What this process has seen already need not be asked for.
        end = await self.entries.wait_beyond(wish.seq - 1, 0.0)
        if wish.seq > end.change_sequence:
            end = await self.entries.caught_up()
        if wish.seq > end.change_sequence:
            raise BadParameter("Seq is beyond the end of the feed.")
        if not await self.store.acknowledge(name, wish.generation, wish.seq):
            raise Conflict("The consumer was rewound or changed since this was read.")

    async def skip(self, name: str, wish: Skip) -> None:
        """Leave an entry out; Conflict unless it is there, wanted, and not acknowledged."""
        consumer = await self.store.get(name)
        await self.entries.caught_up()
        entry = await self.entry(wish.seq)
        if entry is None or not consumer.filter.matches(entry):
            raise Conflict("There is no such entry among those that the consumer wants.")
        if not await self.store.skip(name, wish.seq, wish.reason):
            raise Conflict("The consumer has acknowledged this entry already.")

    async def replay(self, name: str, sequence: int) -> Replay:
        """Deliver a skipped entry all the same: to the webhook, or to whoever asks."""
        consumer = await self.store.get(name)
        found = await self.store.skipped(name, sequence - 1, 1)
        entry = await self.entry(sequence)
        if not found or found[0].sequence != sequence or entry is None:
            raise NotFound
        if consumer.push is None:
            self.metrics.count(name, 1)
            return Replay(True, await self.store.mark_replayed(name, sequence, "returned"), entry)
        result = await self.redelivery(consumer, entry)
        noted = await self.store.mark_replayed(name, sequence, result.told)
        return Replay(result.delivered, noted, entry)

    async def entry(self, sequence: int) -> FeedEntry | None:
        """Return the entry with a sequence, if there is one yet."""
        page = await self.entries.after(sequence - 1, _EVERYTHING, 1)
        if page.entries and page.entries[0].sequence == sequence:
            return page.entries[0]
        return None


def _readable(consumer: Consumer) -> Consumer:
    if consumer.push is not None:
        raise Conflict("The consumer's entries are sent to its webhook.")
    if consumer.paused:
        raise Conflict("The consumer is paused.")
    return consumer


async def _first(*waits: Coroutine[object, object, object]) -> None:
    """Wait until one of several waits is over, and end the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
