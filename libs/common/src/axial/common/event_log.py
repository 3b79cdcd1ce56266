"""The one ordered history: append to JetStream, ask for its end, open it for reading."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stamina
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from axial.common.errors import AxialError, StorageFull, Unavailable
from axial.common.events import Envelope, Event
from axial.common.log_reader import AWAY, REPLY_HEADER, LogReader
from axial.common.recorded import LogSequence

STREAM = "DICOM"
SUBJECT_PREFIX = "dicom"

# One attempt; JetStream with fsync answers in milliseconds, a cluster electing a leader in a few seconds.
_APPEND_TIMEOUT_SECONDS = 5.0
# All attempts together: smaller than the 30 s after which a client of ingest gives up on us.
_APPEND_DEADLINE_SECONDS = 20.0
# A retried append is recognised by its id for this long: far longer than the deadline above.
_DUPLICATE_WINDOW_SECONDS = 600.0
_API_TIMEOUT_SECONDS = 5.0
# JetStream's error codes for a full account or disk (nats-server, server/errors.json).
_FULL_ERROR_CODES = frozenset({10002, 10023, 10028, 10047, 10077})


@dataclass(frozen=True, slots=True)
class LogState:
    """How much the log holds."""

    end: LogSequence
    size_bytes: int


class LogMisconfigured(AxialError):
    """The stream exists with settings under which acknowledged events could be lost."""


def new_envelope(source: str) -> Envelope:
    """Name a new event: a fresh id, the service, and the service's clock."""
    return Envelope(id=uuid.uuid4().hex, source=source, time=datetime.now(UTC))


class EventLog:
    """The stream of facts. Appending is idempotent by event id; reading is ordered and gapless."""

    def __init__(self, client: Client, stream: str = STREAM, prefix: str = SUBJECT_PREFIX) -> None:
        self._client = client
        self._jetstream: JetStreamContext = client.jetstream(timeout=_API_TIMEOUT_SECONDS)
        self._stream = stream
        self._prefix = prefix
        self._info_subject = f"$JS.API.STREAM.INFO.{stream}"

    async def ensure(self, replicas: int = 1) -> None:
        """Create the stream when it is missing; refuse one that may drop events."""
        wanted = api.StreamConfig(
            name=self._stream,
            subjects=[f"{self._prefix}.>"],
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.NEW,
            duplicate_window=_DUPLICATE_WINDOW_SECONDS,
            num_replicas=replicas,
            deny_delete=True,
            deny_purge=True,
            allow_direct=True,
        )
        try:
            found = (await self._jetstream.stream_info(self._stream)).config
        except NotFoundError:
            await self._jetstream.add_stream(wanted)
            return
        except AWAY as error:
            raise Unavailable("The event log is not available at the moment.") from error
        limits = (found.max_age or 0, found.max_msgs or -1, found.max_bytes or -1)
        if found.storage != api.StorageType.FILE or limits != (0, -1, -1):
            raise LogMisconfigured(
                f"stream {self._stream} must use file storage without age, message or size limits"
            )

    async def append(self, event: Event, envelope: Envelope, reply_to: str = "") -> LogSequence:
        """Make the event durable; the same envelope twice is one event. Raise Unavailable or StorageFull."""
        headers = {
            "Nats-Msg-Id": envelope.id,
            "Content-Type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": envelope.id,
            "ce-type": event.type,
            "ce-source": envelope.source,
            "ce-time": envelope.time.isoformat(),
            "ce-dataversion": str(event.version),
        }
        if reply_to:
            headers[REPLY_HEADER] = reply_to
        body = event.__pydantic_serializer__.to_json(event)
        subject = self._subject_of(type(event))
        try:
            try:
                return await self._publish(subject, body, headers)
            except (APIError, *AWAY) as error:
                # The retry machinery costs more than the append's own Python: it is for outages only.
                if not _is_transient(error):
                    raise
            async for attempt in stamina.retry_context(
                on=_is_transient, attempts=None, timeout=_APPEND_DEADLINE_SECONDS, wait_max=1.0
            ):
                with attempt:
                    return await self._publish(subject, body, headers)
        except APIError as error:
            if error.err_code in _FULL_ERROR_CODES:
                raise StorageFull("The event log is full.") from error
            raise Unavailable("The event log refused the event.") from error
        except AWAY as error:
            raise Unavailable("The event log is not available at the moment.") from error
        raise AssertionError("the retries end with a result or an error")

    def _subject_of(self, kind: type[Event]) -> str:
        return f"{self._prefix}.{kind.type}"

    async def _publish(self, subject: str, body: bytes, headers: dict[str, str]) -> LogSequence:
        ack = await self._jetstream.publish(
            subject, body, timeout=_APPEND_TIMEOUT_SECONDS, headers=headers
        )
        return LogSequence(ack.seq)

    async def end(self) -> LogSequence:
        """Return the sequence of the newest event, as of now, asked from the stream's leader."""
        return (await self.state()).end

    async def state(self) -> LogState:
        """Tell how much there is, as of now, asked from the stream's leader."""
        try:
            answer = await self._client.request(
                self._info_subject, b"", timeout=_API_TIMEOUT_SECONDS
            )
        except AWAY as error:
            raise Unavailable("The event log is not available at the moment.") from error
        info: dict[str, Any] = json.loads(answer.data)
        if "error" in info:
            raise Unavailable("The event log is not available at the moment.")
        state = info["state"]
        return LogState(LogSequence(state["last_seq"]), state["bytes"])

    async def recorded_at(self, sequence: LogSequence) -> datetime:
        """Tell when an event was appended, by the log's clock; raise Unavailable, also when there is no such event."""
        try:
            found = await self._jetstream.get_msg(self._stream, sequence)
        except (APIError, *AWAY) as error:
            raise Unavailable("The event log is not available at the moment.") from error
        assert found.time is not None, "a stored message has a time"
        return found.time

    async def last(self, kind: type[Event]) -> LogSequence:
        """Return the sequence of the newest event of a type, as of now, asked from the stream's leader; 0 for none."""
        try:
            found = await self._jetstream.get_last_msg(self._stream, self._subject_of(kind))
        except NotFoundError:
            return LogSequence(0)
        except (APIError, *AWAY) as error:
            raise Unavailable("The event log is not available at the moment.") from error
        assert found.seq is not None, "a stored message has a sequence"
        return LogSequence(found.seq)

    @asynccontextmanager
    async def read(
        self, after: LogSequence, only: type[Event] | None = None
    ) -> AsyncIterator[LogReader]:
        """Open an ordered reader that starts behind the given sequence; of one type of event, if given."""
        subject = self._subject_of(only) if only else None
        reader = LogReader(self._client, self._jetstream, self._stream, after, subject)
        try:
            await reader.open()
            yield reader
        finally:
            await reader.close()


def _is_transient(error: Exception) -> bool:
    """Tell an outage, which is worth another attempt, from a refusal, which is not."""
    if isinstance(error, APIError):
        return (error.code or 0) >= 500 and error.err_code not in _FULL_ERROR_CODES  # noqa: PLR2004
    return isinstance(error, AWAY)
