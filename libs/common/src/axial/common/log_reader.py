"""Read the log in order, without a gap, from one position on."""

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from datetime import datetime
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import NoStreamResponseError

from axial.common.errors import AxialError, Unavailable
from axial.common.events import Envelope
from axial.common.recorded import LogSequence, Recorded
from axial.common.ticks import from_nanoseconds
from axial.common.upcasters import UnknownEvent, read_event

#: The header that carries the inbox where the projector answers what it decided.
REPLY_HEADER = "Axial-Reply-To"
#: What the client raises when the server is away, as opposed to when it refuses.
AWAY = (nats.errors.Error, NoStreamResponseError, TimeoutError, OSError)


class LogGap(AxialError):
    """The log skipped a sequence number: an event is missing, and going on would hide it."""


# A pull asks for at most this many events and bytes, which bounds what waits in our memory.
_PULL_EVENTS = 512
_PULL_BYTES = 16 * 1024 * 1024
_PULL_EXPIRES_SECONDS = 20.0
# The server says that it is alive this often; twice without a word means the pull is lost.
_HEARTBEAT_SECONDS = 1.0
_SILENCE_SECONDS = 2.5 * _HEARTBEAT_SECONDS
# The server forgets our consumer when nobody pulled for this long.
_INACTIVE_SECONDS = 30.0
_NANOSECONDS = 1_000_000_000
_STATUS_HEADER = api.Header.STATUS
_HEARTBEAT_STATUS = "100"


class LogReader:
    """Events in order from one position on, by an ephemeral pull consumer without acknowledgements.

    The position is the caller's to keep. When the server or the consumer goes away, the reader opens
    another one behind the last event it handed over: nothing is skipped, nothing comes twice.
    """

    def __init__(
        self,
        client: Client,
        jetstream: JetStreamContext,
        stream: str,
        after: LogSequence,
        subject: str | None = None,
    ) -> None:
        self._client = client
        self._jetstream = jetstream
        self._stream = stream
        self._position = after
        #: Of the only events to be read; None for all.
        self._subject = subject
        self._delivered = 0
        self._arrived: deque[Msg] = deque()
        self._stirred = asyncio.Event()
        self._outstanding = 0
        self._heard_at = 0.0
        self._consumer = ""
        self._inbox = ""
        self._subscription: Any = None

    async def open(self) -> None:
        """Attach to the log behind the current position."""
        await self.close()
        self._arrived.clear()
        self._outstanding = 0
        self._delivered = 0
        try:
            info = await self._jetstream.add_consumer(
                self._stream,
                api.ConsumerConfig(
                    deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                    opt_start_seq=self._position + 1,
                    filter_subject=self._subject,
                    ack_policy=api.AckPolicy.NONE,
                    replay_policy=api.ReplayPolicy.INSTANT,
                    inactive_threshold=_INACTIVE_SECONDS,
                    mem_storage=True,
                ),
            )
            self._consumer = info.name
            self._inbox = self._client.new_inbox()
            self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)
        except AWAY as error:
            raise Unavailable("The event log is not available at the moment.") from error

    async def close(self) -> None:
        """Detach; the server forgets the consumer by itself."""
        if self._subscription is not None and not self._client.is_closed:
            # The connection may have gone first: then there is nothing left to detach from.
            with suppress(nats.errors.Error):
                await self._subscription.unsubscribe()
        self._subscription = None

    async def next_batch(self, limit: int, wait_seconds: float) -> list[Recorded]:
        """Return what has arrived, at most `limit`, waiting for the first; empty after `wait_seconds`."""
        try:
            async with asyncio.timeout(wait_seconds):
                while not self._arrived:
                    await self._wait_for_more()
        except TimeoutError:
            return []
        batch: list[Recorded] = []
        while self._arrived and len(batch) < limit:
            if self._subject is not None and _delivery_of(self._arrived[0]) != self._delivered + 1:
                # One was lost on its way; of some events only, their deliveries' numbers alone can tell.
                if not batch:
                    await self.open()
                break
            try:
                recorded = _recorded(self._arrived[0])
            except UnknownEvent:
                if batch:
                    break  # what stands before it is known
                raise
            self._delivered += 1
            self._arrived.popleft()
            if recorded.sequence <= self._position:
                continue
            if self._subject is None and recorded.sequence != self._position + 1:
                raise LogGap(f"the log has {recorded.sequence} behind {self._position}")
            self._position = recorded.sequence
            batch.append(recorded)
        return batch

    async def _wait_for_more(self) -> None:
        if self._outstanding == 0:
            await self._pull()
        elif time.monotonic() - self._heard_at > _SILENCE_SECONDS:
            await self.open()
            return
        self._stirred.clear()
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                await self._stirred.wait()
        except TimeoutError:
            pass  # look at the silence again; the caller's own limit is the timeout around this one

    async def _pull(self) -> None:
        request = {
            "batch": _PULL_EVENTS,
            "max_bytes": _PULL_BYTES,
            "expires": int(_PULL_EXPIRES_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(_HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        self._outstanding = _PULL_EVENTS
        self._heard_at = time.monotonic()
        try:
            await self._client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}",
                json.dumps(request).encode(),
                reply=self._inbox,
            )
        except AWAY as error:
            self._outstanding = 0
            raise Unavailable("The event log is not available at the moment.") from error

    async def _on_message(self, message: Msg) -> None:
        self._heard_at = time.monotonic()
        status = (message.headers or {}).get(_STATUS_HEADER)
        if status is None:
            self._outstanding = max(0, self._outstanding - 1)
            self._arrived.append(message)
        elif status != _HEARTBEAT_STATUS:
            # Expired, or full by bytes: this pull is over, and the next one goes on behind it.
            self._outstanding = 0
        self._stirred.set()


# $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>; behind a domain the
# same fields follow two more tokens (NATS ADR-15).
_PLAIN_TOKENS = 9


def _numbers_of(message: Msg) -> list[str]:
    """Give stream sequence, consumer sequence and time."""
    tokens = message.reply.split(".")
    first = 5 if len(tokens) == _PLAIN_TOKENS else 7
    return tokens[first : first + 3]


def _delivery_of(message: Msg) -> int:
    return int(_numbers_of(message)[1])


def _recorded(message: Msg) -> Recorded:
    sequence, _, nanoseconds = _numbers_of(message)
    headers = message.headers or {}
    return Recorded(
        sequence=LogSequence(int(sequence)),
        ticks=from_nanoseconds(int(nanoseconds)),
        envelope=Envelope(
            id=headers["ce-id"],
            source=headers["ce-source"],
            time=datetime.fromisoformat(headers["ce-time"]),
        ),
        event=read_event(headers["ce-type"], int(headers["ce-dataversion"]), message.data),
        reply_to=headers.get(REPLY_HEADER, ""),
    )
