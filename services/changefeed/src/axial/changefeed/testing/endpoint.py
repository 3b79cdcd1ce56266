"""A webhook's endpoint on loopback, which answers as a test tells it, or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

# No answer for longer than any test waits.
_NEVER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Posted:
    """One request, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents in it."""
        document = json.loads(self.body)
        return document if isinstance(document, list) else [document]

    @property
    def ids(self) -> list[int]:
        """The numbers of its entries."""
        return [int(event["id"]) for event in self.events]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint says."""

    status: int = HTTPStatus.NO_CONTENT
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Nothing is said before this is set.
    after: asyncio.Event | None = None
    #: Nothing more is said, and the connection stays open.
    hangs: bool = False
    #: Said instead of an answer in order, before the connection is closed.
    instead: bytes | None = None


TAKEN = Answer()
HANGS = Answer(hangs=True)
FAILS = Answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _take(_: Posted) -> Answer:
    return TAKEN


@dataclass
class Endpoint:
    """Answers every request, and remembers it; stopped, it refuses connections, and starts again where it was."""

    #: Decides about each request.
    answer: Callable[[Posted], Answer] = _take
    #: Every request that was read.
    posted: list[Posted] = field(default_factory=list)
    #: Those that were answered with a status of success.
    taken: list[Posted] = field(default_factory=list)
    port: int = 0
    #: Connections that were ever accepted.
    connections_made: int = 0
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook?key=value"

    @property
    def taken_ids(self) -> list[int]:
        """The numbers of the entries that it took, in the order in which they came."""
        return [number for posted in self.taken for number in posted.ids]

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop as a process that is killed: requests in hand get no answer."""
        assert self._server is not None
        self._server.close()
        for connection in self._connections.copy():
            connection.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        self.connections_made += 1
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        posted = Posted(first.split(" ")[1], headers, body)
        self.posted.append(posted)
        answer = self.answer(posted)
        if answer.after is not None:
            await answer.after.wait()
        if answer.instead is not None:
            writer.write(answer.instead)
            await writer.drain()
        if answer.hangs:
            await asyncio.sleep(_NEVER_SECONDS)
        if answer.instead is not None:
            return False
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            self.taken.append(posted)
        lines = [f"HTTP/1.1 {answer.status} Told", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        await writer.drain()
        return True


@asynccontextmanager
async def listening(answer: Callable[[Posted], Answer] = _take) -> AsyncIterator[Endpoint]:
    """Run an endpoint."""
    endpoint = Endpoint(answer)
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.stop()
