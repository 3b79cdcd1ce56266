"""A reader of event streams, written by WHATWG HTML, 9.2.6, and by nothing of ours."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

_PATIENCE_SECONDS = 10.0


@dataclass
class EventSource:
    """Remembers what it was told, and where it stands, across its connections."""

    url: str
    last_event_id: str = ""
    retry: int | None = None
    #: What was dispatched: type, id and data.
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    #: Bytes received, on all connections.
    received: int = 0
    heartbeats: int = 0

    @property
    def sequences(self) -> list[int]:
        """The numbers of the entries, as they came."""
        return [data["Seq"] for _, _, data in self.events]

    async def connect(self) -> AsyncIterator[int]:
        """Read one connection to its end; yield the number of events after every piece that arrives."""
        headers = {"Accept": "text/event-stream"}
        if self.last_event_id:
            headers["Last-Event-ID"] = self.last_event_id
        async with (
            # No certificates are read in for each connection: there is no TLS here.
            httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, verify=False) as client,
            client.stream("GET", self.url, headers=headers) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            rest = b""
            async for piece in answer.aiter_bytes():
                self.received += len(piece)
                *blocks, rest = (rest + piece).split(b"\n\n")
                for block in blocks:
                    self._take(block.decode())
                yield len(self.events)

    def _take(self, block: str) -> None:
        data, kind = [], "message"
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "id":
                    self.last_event_id = value
                case "event":
                    kind = value
                case "data":
                    data.append(value)
                case "retry":
                    self.retry = int(value)
                case "":
                    self.heartbeats += 1
        if data:
            self.events.append((kind, self.last_event_id, json.loads("\n".join(data))))
