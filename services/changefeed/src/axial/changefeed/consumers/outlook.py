"""What a consumer has before it: the oldest entry that it should have had by now."""

from dataclasses import dataclass

from axial.changefeed.consumers.batches import next_batch
from axial.changefeed.consumers.model import Consumer
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.projection import Projection


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was found behind a consumer's position."""

    #: In which generation: of another nothing is known.
    generation: int
    #: Nothing wanted comes before or at this.
    clear_through: int
    #: The first entry that is wanted; None when there is none up to `clear_through`.
    oldest: FeedEntry | None


class Outlooks:
    """Remembers what it found, since entries never change: a consumer that stands still is not searched for again."""

    def __init__(self, entries: Entries, projection: Projection) -> None:
        self._entries = entries
        self._projection = projection
        self._setbacks = projection.setbacks
        self._known: dict[str, Outlook] = {}

    async def of(self, consumer: Consumer) -> Outlook:
        """Look behind a consumer's position, some way at most; go on there when asked again."""
        if self._setbacks != self._projection.setbacks:
            # A restored database: what comes now may be other entries under the same numbers.
            self._known.clear()
            self._setbacks = self._projection.setbacks
        known = self._known.get(consumer.name)
        position = consumer.acknowledged
        if known is not None and known.generation == consumer.generation:
            if self._still_oldest(known, consumer):
                return known
            position = max(position, known.clear_through)
        found = await self._search(consumer, position)
        self._known[consumer.name] = found
        return found

    def keep_only(self, names: set[str]) -> None:
        """Forget all other consumers."""
        for gone in self._known.keys() - names:
            del self._known[gone]

    def _still_oldest(self, known: Outlook, consumer: Consumer) -> bool:
        oldest = known.oldest
        return (
            oldest is not None
            and oldest.sequence > consumer.acknowledged
            and oldest.sequence not in consumer.skipped
        )

    async def _search(self, consumer: Consumer, position: int) -> Outlook:
        batch = await next_batch(self._entries, consumer.at(position), 1)
        oldest = batch.entries[0] if batch.entries else None
        return Outlook(consumer.generation, oldest.sequence - 1 if oldest else batch.last, oldest)
