"""The projector's answer to whoever waits for an event's outcome: read your own writes.

Core NATS, not the log: an answer that is lost costs the waiter its patience, never a fact.
"""

import asyncio
import uuid
from typing import Self

from nats.aio.client import Client
from nats.aio.msg import Msg

from axial.common.outcomes import Outcome


class OutcomeInbox:
    """One subscription for all the outcomes that one process waits for."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._prefix = f"_INBOX.axial.{uuid.uuid4().hex}"
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}

    async def open(self) -> None:
        """Start listening; the client resubscribes by itself after a reconnection."""
        await self._client.subscribe(f"{self._prefix}.*", cb=self._on_answer)

    def expect(self, event_id: str) -> "PendingOutcome":
        """Register before the event is appended, so that no answer can come too early."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[event_id] = future
        return PendingOutcome(f"{self._prefix}.{event_id}", future, self._waiting, event_id)

    async def _on_answer(self, message: Msg) -> None:
        waiting = self._waiting.get(message.subject.rpartition(".")[2])
        if waiting is not None and not waiting.done():
            waiting.set_result(Outcome.model_validate_json(message.data))


class PendingOutcome:
    """One awaited outcome; use as a context manager, so that nothing is left registered."""

    def __init__(
        self,
        reply_to: str,
        future: asyncio.Future[Outcome],
        registry: dict[str, asyncio.Future[Outcome]],
        event_id: str,
    ) -> None:
        #: The subject to put into the event's reply header.
        self.reply_to = reply_to
        self._future = future
        self._registry = registry
        self._event_id = event_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.pop(self._event_id, None)
        self._future.cancel()

    async def wait(self, within_seconds: float) -> Outcome | None:
        """Return the outcome, or None when the projection did not get there in time."""
        try:
            async with asyncio.timeout(within_seconds):
                return await self._future
        except TimeoutError:
            return None
