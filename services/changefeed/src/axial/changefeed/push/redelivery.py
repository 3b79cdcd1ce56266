"""One entry sent again, because an operator asks: how the consumers' `Redelivery` is done."""

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.push.delivery import Delivery
from axial.changefeed.push.endpoints import Endpoints
from axial.common.errors import Conflict


class Redeliverer:
    """Sends once, at once, beside whatever is being sent; position and failures stay as they are."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def __call__(self, consumer: Consumer, entry: FeedEntry) -> Delivery:
        """Send one entry to a consumer's endpoint; Conflict when the consumer has none."""
        if consumer.push is None:
            raise Conflict("This consumer reads by itself; there is no endpoint to send to.")
        return await self._endpoints.deliver(consumer.push, [entry])
