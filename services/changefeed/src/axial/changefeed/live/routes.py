"""`GET /feed/events`: where a stream begins, and whom it is for."""

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, Request

from axial.changefeed.entries.filters import read_filter
from axial.changefeed.entries.query import read_sequence
from axial.changefeed.entries.reader import Entries
from axial.changefeed.live.chunks import PAGE_ENTRIES, chunks
from axial.changefeed.live.event_stream import EventStream
from axial.changefeed.live.metrics import LiveMetrics
from axial.changefeed.live.open_streams import OpenStreams
from axial.changefeed.settings import ChangefeedSettings


@dataclass(frozen=True, slots=True)
class Live:
    """Opens event streams."""

    settings: ChangefeedSettings
    entries: Entries
    places: OpenStreams
    metrics: LiveMetrics
    stopping: asyncio.Event

    async def events(self, request: Request) -> EventStream:
        """Open a stream behind `Last-Event-ID` or `since`, or else from now on.

        The header goes first: it is what a reader has got to since it was given the address.
        """
        wanted = read_filter(request.query_params.multi_items())
        if last := request.headers.get("last-event-id", ""):
            since = read_sequence("Last-Event-ID", last)
        elif "since" in request.query_params:
            since = read_sequence("since", request.query_params["since"])
        else:
            since = (await self.entries.caught_up()).change_sequence
        # What is wrong by now is still told by a status.
        first = await self.entries.after(since, wanted, PAGE_ENTRIES)
        return EventStream(
            chunks(
                self.entries,
                self.metrics,
                since,
                first,
                wanted,
                self.settings.live_heartbeat_seconds,
            ),
            self.places,
            self.metrics,
            self.stopping,
            self.settings.live_slow_reader_seconds,
        )


def live_routes(
    settings: ChangefeedSettings, entries: Entries, metrics: LiveMetrics, stopping: asyncio.Event
) -> APIRouter:
    """Make the routes of event streams."""
    places = OpenStreams(metrics, settings.live_maximum_streams)
    live = Live(settings, entries, places, metrics, stopping)
    router = APIRouter()
    router.add_api_route("/feed/events", live.events, methods=["GET"], response_class=EventStream)
    return router
