"""One consumer's entries, sent to its endpoint one request after the other, from its position on."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from axial.changefeed.consumers.batches import Batch, next_batch
from axial.changefeed.consumers.model import Consumer, Push
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.reader import Entries
from axial.changefeed.push.backoff import Backoff
from axial.changefeed.push.delivery import Delivery, Result
from axial.changefeed.push.endpoints import Endpoints
from axial.changefeed.push.metrics import PushMetrics
from axial.common.errors import NotFound, Unavailable

log = structlog.get_logger(__name__)

#: Why a consumer is paused when nobody was asked.
ENDPOINT_DEAD = "endpoint dead"
ENDPOINT_GONE = "endpoint gone"
# How often somebody with nothing to send wakes by himself.
_IDLE_SECONDS = 60.0
# After an outage of Postgres.
_RECOVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """How failures are borne."""

    backoff: Backoff
    #: An endpoint at which every attempt has failed for so long is dead.
    dead_after: timedelta


class Pushing:
    """Sends until the consumer is paused, is gone, or reads by itself; its state is in its row alone.

    At least once, in order: the position moves after the endpoint has said yes, and nothing overtakes.
    """

    def __init__(
        self,
        name: str,
        entries: Entries,
        store: ConsumerStore,
        endpoints: Endpoints,
        patience: Patience,
        metrics: PushMetrics,
    ) -> None:
        self._name = name
        self._entries = entries
        self._store = store
        self._endpoints = endpoints
        self._patience = patience
        self._metrics = metrics
        self._stirred = asyncio.Event()
        #: What the last attempt failed with; empty after one that did not.
        self._failed: frozenset[int] = frozenset()

    def look_again(self) -> None:
        """Hear that somebody has decided something about the consumer."""
        self._stirred.set()

    async def run(self) -> None:
        """Send as the consumer's row says, looking at it again whenever it may say something else."""
        while True:
            try:
                # Cleared before the row is read: what is decided meanwhile is looked at next.
                self._stirred.clear()
                consumer = await self._store.get(self._name)
                if consumer.paused or consumer.push is None:
                    return
                await self._push(consumer, consumer.push)
            except NotFound:
                return
            except Unavailable:
                await asyncio.sleep(_RECOVERY_SECONDS)

    async def _push(self, consumer: Consumer, push: Push) -> None:
        """Send until the row is to be looked at again."""
        if push.next_attempt_at is not None and self._failed.isdisjoint(consumer.skipped):
            pause = (push.next_attempt_at - datetime.now(UTC)).total_seconds()
            await self._unless_stirred(asyncio.sleep(max(pause, 0.0)))
        position = consumer.acknowledged
        while not self._stirred.is_set():
            batch = await next_batch(self._entries, consumer.at(position), push.batch)
            if batch.entries and not await self._deliver(consumer, push, batch):
                return
            position = batch.last
            if batch.done:
                await self._unless_stirred(self._entries.wait_beyond(position, _IDLE_SECONDS))

    async def _deliver(self, consumer: Consumer, push: Push, batch: Batch) -> bool:
        """Make one attempt and keep what became of it; False when the row says something else now."""
        delivery = await self._endpoints.deliver(push, batch.entries)
        self._metrics.count(consumer.name, delivery)
        if delivery.delivered:
            self._failed = frozenset()
            return await self._store.note_success(
                consumer.name, consumer.generation, batch.last, delivery.told
            )
        self._failed = frozenset(entry.sequence for entry in batch.entries)
        await self._note_failure(consumer, push, delivery)
        return False

    async def _note_failure(self, consumer: Consumer, push: Push, delivery: Delivery) -> None:
        pause = self._patience.backoff.pause(push.failures + 1, delivery.retry_after_seconds)
        now = datetime.now(UTC)
        failing_since = await self._store.note_failure(
            consumer.name, consumer.generation, delivery.told, now + timedelta(seconds=pause)
        )
        if failing_since is None:
            return
        if delivery.result is Result.GONE:
            await self._give_up(ENDPOINT_GONE, delivery)
        elif now - failing_since >= self._patience.dead_after:
            await self._give_up(ENDPOINT_DEAD, delivery)

    async def _give_up(self, reason: str, delivery: Delivery) -> None:
        await self._store.pause(self._name, reason)
        log.error("push_given_up", consumer=self._name, reason=reason, status=delivery.told)

    async def _unless_stirred(self, waiting: Coroutine[Any, Any, object]) -> None:
        """Wait for something, or until the row is to be looked at again."""
        waited = asyncio.create_task(waiting)
        stirred = asyncio.create_task(self._stirred.wait())
        try:
            await asyncio.wait((waited, stirred), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waited.cancel()
            stirred.cancel()
        if waited.done():
            waited.result()
