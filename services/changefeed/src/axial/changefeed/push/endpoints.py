"""What is sent to a consumer's endpoint: entries as they come, or a test."""

import uuid
from collections.abc import Sequence

from axial.changefeed.consumers.model import PushTarget
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.push.cloud_events import CloudEvents
from axial.changefeed.push.delivery import Delivery
from axial.changefeed.push.sending import Sender


class Endpoints:
    """Writes, signs and sends; what follows from the answer is the caller's to decide."""

    def __init__(self, events: CloudEvents, sender: Sender) -> None:
        self._events = events
        self._sender = sender

    async def deliver(self, target: PushTarget, entries: Sequence[FeedEntry]) -> Delivery:
        """Send at least one entry, in one request; several only to an endpoint that takes batches."""
        # An endpoint that takes batches gets nothing else: it need not know two forms.
        if target.batch > 1:
            message = self._events.batch(entries)
        else:
            (entry,) = entries
            message = self._events.message(entry)
        return await self._sender.send(message, target.url, target.secrets)

    async def test(self, target: PushTarget) -> Delivery:
        """Send an event that tells of nothing, always in the form of a single one."""
        message = self._events.test_message(uuid.uuid4().hex)
        return await self._sender.send(message, target.url, target.secrets)
