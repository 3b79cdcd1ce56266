"""The stream FEED, read as a whole."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from support.comparing import assert_same
from support.feeds import Entry
from support.waiting import until

STREAM = "FEED"

_BATCH = 500
# The publisher may have to be elected, and to come back from an outage.
_PUBLISHED_WITHIN_SECONDS = 60.0
# A message in a stream that has as many is not waited for.
_FETCH_SECONDS = 10.0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[JetStreamContext]:
    """Connect for the length of an `async with` block."""
    connection = await nats.connect(url)
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def stream_entries(url: str, behind: int, through: int) -> list[tuple[str, Entry]]:
    """Read messages behind one number and through another: what each is about, and what it says.

    They are published soon after they are told elsewhere: waits for the last. Message n must say that it is entry n.
    """
    if through <= behind:
        return []
    async with connected(url) as jetstream:

        async def published() -> bool:
            return (await jetstream.stream_info(STREAM)).state.last_seq >= through

        await until(published, within=_PUBLISHED_WITHIN_SECONDS, retry_on=(NotFoundError,))
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=behind + 1,
            # With the last of a batch, all of it.
            ack_policy=AckPolicy.ALL,
        )
        subscription = await jetstream.pull_subscribe("", stream=STREAM, config=config)
        messages: list[Msg] = []
        while len(messages) < through - behind:
            missing = min(_BATCH, through - behind - len(messages))
            messages += await subscription.fetch(missing, _FETCH_SECONDS)
            await messages[-1].ack()
        await subscription.unsubscribe()
    numbers = [message.metadata.sequence.stream for message in messages]
    assert_same("FEED", numbers, list(range(behind + 1, through + 1)))
    ids = [(message.headers or {})["ce-id"] for message in messages]
    assert_same("ce-id", ids, list(map(str, numbers)))
    return [(message.subject, json.loads(message.data)) for message in messages]
