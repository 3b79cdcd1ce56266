"""Publish the whole history to the stream: every entry once, in order, each under its own number."""

import asyncio
import time
from typing import NoReturn

import structlog

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.reader import Entries
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.stream.feed_stream import (
    BATCH_MESSAGES,
    FeedStream,
    Overtaken,
    StreamRefused,
)
from axial.changefeed.stream.leadership import Leadership, leading
from axial.changefeed.stream.message import FeedMessage, message_of, source_of
from axial.changefeed.stream.metrics import StreamMetrics
from axial.changefeed.stream.stream_config import wanted_config
from axial.common.errors import Unavailable
from axial.common.nats import open_nats

log = structlog.get_logger(__name__)

# After an outage of an engine; it is back within seconds, or somebody is already being paged.
_RECOVERY_SECONDS = 0.5
# A refused stream waits for an operator: they should not wait long for us.
_REFUSED_SECONDS = 5.0
# What an operator changes about the stream is noticed within this time.
_LOOK_AGAIN_SECONDS = 10.0
# How long a quiet leader waits before it looks whether it still leads.
_QUIET_SECONDS = 2.0
# Commits that follow one another within this time share one read, one batch and its fsync: each for itself cost a
# tenth of all the processor time of an upload. What comes after a quiet time is published at once.
_GATHER_SECONDS = 0.02
_EVERYTHING = Filter()


class Publisher:
    """Brings the stream to where the history stands, and keeps it there.

    Nothing is remembered between attempts: where the stream ends is where to go on. The order of things makes
    every crash harmless: an entry is in Postgres and in the log before it is published, and the fold makes the
    same entries again should Postgres have lost them. Then the stream is ahead, and nothing is published
    until the rows are back.
    """

    def __init__(
        self,
        settings: ChangefeedSettings,
        archive: str,
        entries: Entries,
        metrics: StreamMetrics,
    ) -> None:
        self._settings = settings
        self._source = source_of(archive)
        self._entries = entries
        self._metrics = metrics
        self._told = ""

    async def run(self) -> None:
        """Publish for ever, through every outage of an engine; return at once when no stream is wanted."""
        self._metrics.wanted.set(int(bool(self._settings.feed_stream)))
        while self._settings.feed_stream:
            try:
                await self._serve()
            except Unavailable as error:
                self._tell("feed_stream_interrupted", error.message)
            await asyncio.sleep(_RECOVERY_SECONDS)

    async def _serve(self) -> NoReturn:
        settings = self._settings
        wanted = wanted_config(
            settings.feed_stream,
            settings.feed_prefix,
            settings.log_replicas,
            settings.feed_max_age_seconds,
        )
        async with (
            open_nats(settings.nats_url, "axial-changefeed-stream") as client,
            leading(settings.database_url) as leadership,
        ):
            log.info("feed_stream_leads")
            self._metrics.leader.set(1)
            stream = FeedStream(client, wanted)
            try:
                while True:
                    await self._lead(stream, leadership)
            finally:
                self._metrics.leader.set(0)
                self._metrics.lag.set(0)
                self._metrics.size.set(0)
                self._metrics.refused.set(0)

    async def _lead(self, stream: FeedStream, leadership: Leadership) -> None:
        """Look at the stream and publish to it for a while; pause when it is not as it should be."""
        try:
            await leadership.check()
            await stream.ensure()
            state = await stream.state()
            self._metrics.size.set(state.bytes)
            if end := state.last_seq:
                await self._meet(stream, end, leadership)
            self._metrics.refused.set(0)
            self._told = ""
            await self._publish(stream, end, leadership)
        except Overtaken:
            self._metrics.overtaken.inc()
            await asyncio.sleep(_RECOVERY_SECONDS)
        except StreamRefused as error:
            self._metrics.refused.set(1)
            self._tell("feed_stream_refused", error.message)
            await asyncio.sleep(_REFUSED_SECONDS)

    async def _meet(self, stream: FeedStream, end: int, leadership: Leadership) -> None:
        """Return when the database has the entry that is the stream's last; refuse a stream with another."""
        while True:
            await leadership.check()
            page = await self._entries.after(end - 1, _EVERYTHING, 1)
            self._metrics.lag.set(page.high_water.change_sequence - end)
            if page.entries:
                break
            self._tell("feed_stream_ahead", "the database is behind the stream")
            await asyncio.sleep(_RECOVERY_SECONDS)
        if not await stream.holds(self._message(page.entries[0])):
            raise StreamRefused(
                f"stream {self._settings.feed_stream}: message {end} is not entry {end}"
            )

    async def _publish(self, stream: FeedStream, end: int, leadership: Leadership) -> None:
        """Publish what comes behind `end`, until it is time to look again, or the database has gone back."""
        look_again = time.monotonic() + _LOOK_AGAIN_SECONDS
        while time.monotonic() < look_again:
            await leadership.check()
            high_water = await self._entries.wait_beyond(end, _QUIET_SECONDS)
            self._metrics.lag.set(high_water.change_sequence - end)
            if high_water.change_sequence == end:
                continue
            page = await self._entries.after(end, _EVERYTHING, BATCH_MESSAGES)
            if not page.entries:
                # As after a restore; the position seen follows within a second.
                await asyncio.sleep(_RECOVERY_SECONDS)
                return
            await stream.append([self._message(entry) for entry in page.entries])
            end = page.entries[-1].sequence
            self._metrics.published.inc(len(page.entries))
            self._metrics.lag.set(page.high_water.change_sequence - end)
            if len(page.entries) < BATCH_MESSAGES:
                await asyncio.sleep(_GATHER_SECONDS)

    def _message(self, entry: FeedEntry) -> FeedMessage:
        return message_of(entry, self._settings.feed_prefix, self._source)

    def _tell(self, event: str, reason: str) -> None:
        """Log a state once, not at every attempt."""
        if self._told != event + reason:
            log.warning(event, reason=reason)
        self._told = event + reason
