"""The figures of all consumers, kept fresh; and positions moved over what nobody wants."""

import asyncio
from contextlib import suppress
from typing import NoReturn

from axial.changefeed.consumers.metrics import ConsumerMetrics
from axial.changefeed.consumers.model import Consumer
from axial.changefeed.consumers.outlook import Outlook, Outlooks
from axial.changefeed.consumers.rendering import age_seconds
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.high_water import HighWater
from axial.common.errors import Unavailable


class ConsumerWatch:
    """Looks at every consumer every few seconds: one statement for all, and what is not yet known of each."""

    def __init__(
        self,
        store: ConsumerStore,
        entries: Entries,
        outlooks: Outlooks,
        metrics: ConsumerMetrics,
        interval_seconds: float,
    ) -> None:
        self._store = store
        self._entries = entries
        self._outlooks = outlooks
        self._metrics = metrics
        self._interval_seconds = interval_seconds
        self._seen: dict[str, tuple[Consumer, Outlook, HighWater]] = {}

    async def run(self) -> NoReturn:
        """Watch for ever; while an engine is away, what was seen last is shown, and grows older."""
        while True:
            with suppress(Unavailable):  # readiness tells of the outage
                await self.look()
            self._show()
            await asyncio.sleep(self._interval_seconds)

    async def look(self) -> None:
        """Look once at all consumers, and move those on that want nothing of what comes next."""
        consumers = await self._store.all()
        high_water = await self._entries.wait_beyond(-1, self._interval_seconds)
        names = {consumer.name for consumer in consumers}
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        self._metrics.keep_only(names)
        self._outlooks.keep_only(names)
        moves = []
        for consumer in consumers:
            outlook = await self._outlooks.of(consumer)
            position = max(consumer.acknowledged, outlook.clear_through)
            if position > consumer.acknowledged:
                moves.append((consumer.name, consumer.generation, position))
            self._seen[consumer.name] = consumer.at(position), outlook, high_water
        await self._store.pass_over(moves)

    def _show(self) -> None:
        for consumer, outlook, high_water in self._seen.values():
            lag = max(high_water.change_sequence - consumer.acknowledged, 0)
            age = age_seconds(outlook.oldest.ticks) if outlook.oldest else 0.0
            self._metrics.show(consumer, lag, age)
