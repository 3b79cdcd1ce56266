"""The stream of the feed: append entries so that a message's sequence in the stream is its `Seq`."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from axial.changefeed.stream.message import FeedMessage
from axial.changefeed.stream.stream_config import why_refused
from axial.common.errors import AxialError, Unavailable
from axial.common.log_reader import AWAY

#: JetStream takes at most 1,000 messages as one batch; half of it is fast enough and never too much.
BATCH_MESSAGES = 500

# JetStream with fsync answers in milliseconds, a cluster that elects a leader in a few seconds.
_TIMEOUT_SECONDS = 5.0
# JetStream's error codes (nats-server, server/errors.json).
_WRONG_LAST_SEQUENCE = 10071
_SUBJECTS_OVERLAP = 10065


class StreamRefused(AxialError):
    """The stream could lose entries or holds others' messages, so nothing is published to it."""


class Overtaken(AxialError):
    """The stream does not end where we thought: somebody else has published meanwhile."""


class FeedStream:
    """The stream as one publisher sees it.

    Every append names the sequence that must be the stream's last: of many publishers one succeeds, and what
    a killed one had under way either is in its place or is not there at all.
    """

    def __init__(self, client: Client, wanted: api.StreamConfig) -> None:
        self._client = client
        self._jetstream: JetStreamContext = client.jetstream(timeout=_TIMEOUT_SECONDS)
        self._wanted = wanted
        assert wanted.name is not None, "a stream is known by its name"
        self._name: str = wanted.name
        self._in_batches = False

    async def ensure(self) -> None:
        """Create the stream when it is missing; raise StreamRefused for one that breaks the promise."""
        async with _away_is_unavailable():
            try:
                info = await self._jetstream.stream_info(self._name)
            except NotFoundError:
                info = await self._create()
        if reason := why_refused(info.config, self._wanted):
            raise StreamRefused(f"stream {self._name}: {reason}")
        self._in_batches = bool(info.config.allow_atomic)

    async def state(self) -> api.StreamState:
        """Tell where the stream ends, 0 before the first message, and how much it holds."""
        async with _away_is_unavailable():
            return (await self._jetstream.stream_info(self._name)).state

    async def holds(self, message: FeedMessage) -> bool:
        """Tell whether the message with this sequence is of the same fact, or was there and has aged out."""
        async with _away_is_unavailable():
            try:
                found = await self._jetstream.get_msg(self._name, message.sequence)
            except NotFoundError:
                return True
        return found.subject == message.subject and _fact(found.data) == _fact(message.body)

    async def append(self, messages: Sequence[FeedMessage]) -> None:
        """Append messages that follow one another; raise Overtaken, or Unavailable: some may be there then."""
        # A gap here would be one in the stream's numbering: only the first names the sequence before it.
        assert messages[-1].sequence - messages[0].sequence + 1 == len(messages)
        async with _away_is_unavailable():
            try:
                if self._in_batches and len(messages) > 1:
                    await self._append_batch(messages)
                else:
                    await self._append_each(messages)
            except APIError as error:
                if error.err_code == _WRONG_LAST_SEQUENCE:
                    raise Overtaken from error
                raise

    async def _create(self) -> api.StreamInfo:
        try:
            return await self._jetstream.add_stream(self._wanted)
        except APIError as error:
            if error.err_code == _SUBJECTS_OVERLAP:
                raise StreamRefused(
                    f"stream {self._name}: another has subjects {self._wanted.subjects}"
                ) from error
            raise

    async def _append_batch(self, messages: Sequence[FeedMessage]) -> None:
        """Append all or none (NATS ADR-50), which costs the server one fsync.

        Only the last message is answered; one that was lost on the way makes that answer an error.
        """
        batch = self._client.new_inbox().rpartition(".")[2]
        for position, message in enumerate(messages, start=1):
            headers = message.headers | self._place(batch, position)
            if position == 1:
                headers |= _after(message)
            if position < len(messages):
                await self._client.publish(message.subject, message.body, headers=headers)
        headers |= {api.Header.BATCH_COMMIT: "1"}
        await self._jetstream.publish(message.subject, message.body, headers=headers)

    def _place(self, batch: str, position: int) -> dict[str, str]:
        return {
            api.Header.EXPECTED_STREAM: self._name,
            api.Header.BATCH_ID: batch,
            api.Header.BATCH_SEQUENCE: str(position),
        }

    async def _append_each(self, messages: Sequence[FeedMessage]) -> None:
        """Append one by one without waiting in between; behind one that failed, all fail."""
        # Not `publish_async`: in nats-py 2.16 a refused message's future is never done.
        outcomes = await asyncio.gather(*map(self._append_one, messages), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _append_one(self, message: FeedMessage) -> None:
        headers = message.headers | _after(message)
        await self._jetstream.publish(
            message.subject, message.body, stream=self._name, headers=headers
        )


def _after(message: FeedMessage) -> dict[str, str]:
    return {api.Header.EXPECTED_LAST_SEQUENCE: str(message.sequence - 1)}


# What no rendering of an entry leaves out, and no later release changes.
_IDENTITY = ("Seq", "ChangeType", "ResourceType", "ID", "Date")


def _fact(body: bytes | None) -> tuple[object, ...] | None:
    try:
        document: Any = json.loads(body or b"")
        return tuple(document[name] for name in _IDENTITY)
    except (ValueError, TypeError, KeyError):
        return None  # somebody else's


@asynccontextmanager
async def _away_is_unavailable() -> AsyncIterator[None]:
    try:
        yield
    except APIError as error:
        raise Unavailable(f"The stream of the feed: JetStream error {error.err_code}.") from error
    except AWAY as error:
        raise Unavailable("The stream of the feed is not available at the moment.") from error
