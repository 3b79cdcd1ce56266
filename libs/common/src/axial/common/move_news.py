"""What arrives by a C-MOVE of ours: told by whoever receives it, heard by whoever has asked for it.

Core NATS, not the log: what is not heard is missing in the details of a job, and nowhere else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription

log = structlog.get_logger(__name__)

#: As Orthanc numbers its own; those whom others ask, whose moves are none of ours, mostly begin at 1.
FIRST_MESSAGE_ID = 1000
_AWAY = (nats.errors.Error, TimeoutError, OSError)
# An instance is not answered until whoever waits for it can hear of it, but for no longer than this.
_FLUSH_SECONDS = 1


class MoveArrivals:
    """What has come by one C-MOVE."""

    def __init__(self, client: Client, subscription: Subscription | None) -> None:
        self._client = client
        self._subscription = subscription

    async def take(self, *, all_told: bool = False) -> list[str]:
        """Take the instances that were told since, by their identifiers; `all_told` waits for those on their way."""
        taken = []
        if self._subscription is not None:
            with suppress(*_AWAY):
                if all_told:
                    # The server answers behind all that it was told before.
                    await self._client.flush(_FLUSH_SECONDS)
                while self._subscription.pending_msgs:
                    taken.append((await self._subscription.next_msg()).data.decode("ascii"))
        return taken


class MoveNews:
    """Tells, and hears, by the two things that a C-STORE says of the C-MOVE for which it is sent."""

    def __init__(self, client: Client, installation: str) -> None:
        self._client = client
        # No stream of anybody's takes inboxes in.
        self._prefix = f"_INBOX.axial-moves.{installation}"

    async def tell(self, originator_aet: str, message_id: int, instance_id: str) -> None:
        """Tell that an instance is here: before its sender is answered, so before the C-MOVE is over."""
        if not originator_aet or message_id < FIRST_MESSAGE_ID:
            return
        try:
            await self._client.publish(
                self._subject(originator_aet, message_id), instance_id.encode()
            )
            await self._client.flush(_FLUSH_SECONDS)
        except _AWAY as error:
            log.info("arrival_not_told", error=type(error).__name__)

    @asynccontextmanager
    async def listening(self, local_aet: str, message_id: int) -> AsyncIterator[MoveArrivals]:
        """Listen for what comes by a C-MOVE that is about to be asked for."""
        subscription = await self._subscribe(self._subject(local_aet, message_id))
        try:
            yield MoveArrivals(self._client, subscription)
        finally:
            if subscription is not None:
                with suppress(*_AWAY):
                    await subscription.unsubscribe()

    async def _subscribe(self, subject: str) -> Subscription | None:
        try:
            subscription = await self._client.subscribe(subject)
        except _AWAY as error:
            log.info("arrivals_not_heard", error=type(error).__name__)
            return None
        with suppress(*_AWAY):
            await self._client.flush(_FLUSH_SECONDS)
        return subscription

    def _subject(self, aet: str, message_id: int) -> str:
        return f"{self._prefix}.{aet.encode().hex()}.{message_id}"
