"""A reader of the stream FEED: a plain durable pull consumer of NATS JetStream."""

import asyncio
import json
from contextlib import suppress

import nats
import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from nats.js.errors import Error as JetStreamError

from support.agreement import Agreement
from support.readers.reader import POLL_SECONDS, Reader, Row, change_row, change_rows

_STREAM = "FEED"
_BATCH = 100
_FETCH_SECONDS = 1.0
# Longer than a batch takes; what a broken connection had in hand comes back this much later.
_ACK_WAIT_SECONDS = 2.0
# What JetStream's outage looks like from here.
_AWAY = (nats.errors.Error, JetStreamError, OSError)


class StreamReader(Reader):
    """Takes message n as its nth, whatever order they come back in when an acknowledgement was lost."""

    kind = "stream FEED"

    def __init__(self, url: str, durable: str = "reader") -> None:
        super().__init__()
        self._url = url
        self._durable = durable

    async def step(self) -> None:
        """Connect, and read until the connection, or the stream, is lost."""
        try:
            connection = await nats.connect(self._url, allow_reconnect=False, error_cb=_be_quiet)
        except _AWAY:
            await asyncio.sleep(POLL_SECONDS)
            return
        try:
            subscription = await connection.jetstream().pull_subscribe(
                "", self._durable, _STREAM, ConsumerConfig(ack_wait=_ACK_WAIT_SECONDS)
            )
            await self._follow(subscription)
        except _AWAY:
            await asyncio.sleep(POLL_SECONDS)
        finally:
            with suppress(*_AWAY):
                await connection.close()

    def told(self, history: Agreement) -> list[Row]:
        """Every change."""
        return change_rows(history)

    async def _follow(self, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
            try:
                messages = await subscription.fetch(_BATCH, _FETCH_SECONDS)
            except nats.errors.TimeoutError:
                continue
            for message in messages:
                if self._take(message):
                    await message.ack()
                else:
                    await message.nak()

    def _take(self, message: Msg) -> bool:
        """Add a row, or compare it with what came before; False when the one before it is still to come."""
        entry = json.loads(message.data)
        sequence = message.metadata.sequence.stream
        assert sequence == entry["Seq"], "the stream's own number is the change's"
        assert message.headers is not None
        assert message.headers["ce-id"] == str(sequence)
        if sequence <= len(self.rows):
            assert self.rows[sequence - 1] == change_row(entry)
            return True
        if sequence > len(self.rows) + 1:
            return False
        self.rows.append(change_row(entry))
        return True


async def _be_quiet(_error: Exception) -> None:
    """Say nothing of a connection that a test cuts."""
