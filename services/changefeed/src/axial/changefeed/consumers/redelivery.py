"""How a webhook gets one entry again: asked for here, done by whoever sends."""

from typing import Protocol

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.entries.entry import FeedEntry


class DeliveryResult(Protocol):
    """What became of one attempt."""

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has it."""
        ...

    @property
    def told(self) -> str:
        """The status, or the kind of failure, for operators; nothing that the endpoint said."""
        ...


class Redelivery(Protocol):
    """Sends one entry to a consumer's endpoint now, whatever else is to be sent to it."""

    async def __call__(self, consumer: Consumer, entry: FeedEntry) -> DeliveryResult:
        """Send once; failures are results, not errors."""
        ...
