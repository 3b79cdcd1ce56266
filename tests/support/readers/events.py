"""A reader of `/feed/events`: an EventSource (WHATWG HTML, "Server-sent events"), in thirty lines."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2

from support.agreement import Agreement
from support.feeds import expect
from support.readers.reader import Reader, Row, change_row, change_rows

# Longer than two heartbeats: silence beyond it is a dead connection.
_SILENCE_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Event:
    """One block of the stream."""

    id: str
    type: str
    data: str


class EventsReader(Reader):
    """Follows the stream; when it breaks, goes on behind the last id it was sent."""

    kind = "server-sent events"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._client = client
        self._last_event_id = ""

    async def step(self) -> None:
        """Open the stream and follow it until it ends."""
        headers = {"Accept": "text/event-stream"}
        if self._last_event_id:
            headers["Last-Event-ID"] = self._last_event_id
        async with self._client.stream(
            "GET",
            "/feed/events",
            # The URL of an EventSource is the same at every attempt; its header is newer.
            params={"since": 0},
            headers=headers,
            timeout=_SILENCE_SECONDS,
        ) as answer:
            if answer.status_code != 200:
                await answer.aread()
                expect(answer, 200)
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for event in events_of(answer.aiter_lines()):
                self._last_event_id = event.id
                if event.data:
                    entry = json.loads(event.data)
                    assert (event.id, event.type) == (str(entry["Seq"]), entry["ChangeType"])
                    self.rows.append(change_row(entry))

    def told(self, history: Agreement) -> list[Row]:
        """Every change."""
        return change_rows(history)


async def events_of(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Parse a stream; a block without data moves the last id on, and one cut off counts for nothing."""
    last_id, kind = "", "message"
    data: list[str] = []
    moved = False
    async for line in lines:
        if not line:
            if data or moved:
                yield Event(last_id, kind, "\n".join(data))
            kind, data, moved = "message", [], False
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "id":
                last_id, moved = value, True
            case "event":
                kind = value
            case "data":
                data.append(value)
            case _:  # a comment, or `retry`
                pass
