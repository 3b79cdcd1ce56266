"""A server on loopback in the place of a peer, which answers as a test tells it, or breaks off."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from axial.cli.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came; without its body while, and when, it is answered before that."""

    method: str
    path: str
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes = b""
    #: The subject's common name of the client's certificate.
    certificate: str = ""
    #: The headers as they were written, in their order.
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Says:
    """What the server does with a request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Answered as soon as the head is there, and the connection closed.
    at_once: bool = False
    #: The connection is closed without an answer, behind the head or behind the body.
    cut: str = ""
    #: Nothing is ever said.
    silent: bool = False
    #: The answer goes on in its head, or in its body, until nobody listens any more.
    endless: str = ""


@dataclass
class HttpPeer:
    """Answers every request, and remembers it."""

    #: Decides by the head of a request.
    answer: Callable[[Asked], Says]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    #: Connections that were ever accepted.
    connections: int = 0
    _serving: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = field(default_factory=dict)

    async def hang_up(self) -> None:
        """Close every connection."""
        serving = dict(self._serving)
        for writer in serving.values():
            writer.transport.abort()
        await asyncio.gather(*(task for task in serving if task is not None))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self._serving[asyncio.current_task()] = writer
        with suppress(OSError, asyncio.IncompleteReadError):
            while await self._serve_one(reader, writer):
                pass
        del self._serving[asyncio.current_task()]
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        written = [(name, value) for name, value in (line.split(": ", 1) for line in lines)]
        headers = {name.lower(): value for name, value in written}
        asked = Asked(method, path, headers, certificate=_common_name(writer), lines=written)
        says = self.answer(asked)
        if not (says.at_once or says.cut == "head"):
            asked = replace(asked, body=await _body(reader, headers))
        self.asked.append(asked)
        if says.silent:
            await reader.read()
        if says.endless:
            await _go_on(writer, says)
        if says.silent or says.cut or says.endless:
            writer.transport.abort()
            return False
        lines = [f"HTTP/1.1 {says.status} Said", f"Content-Length: {len(says.body)}"]
        lines += [f"{name}: {value}" for name, value in says.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + says.body)
        await writer.drain()
        return not says.at_once


async def _go_on(writer: asyncio.StreamWriter, says: Says) -> None:
    writer.write(f"HTTP/1.1 {says.status} Said\r\n".encode())
    line = b"X-More: " + b"x" * 1000 + b"\r\n"
    if says.endless == "body":
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        line = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    while not writer.is_closing():
        writer.write(line * 50)
        await writer.drain()


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    # Not `readline`, which gives what there is when the sender breaks off.
    while size := int(await reader.readuntil(b"\n"), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def _common_name(writer: asyncio.StreamWriter) -> str:
    certificate = writer.get_extra_info("peercert") or {}
    names = dict(part for (part,) in certificate.get("subject", ()))
    return str(names.get("commonName", names.get("organizationName", "")))


@asynccontextmanager
async def http_peer(
    answer: Callable[[Asked], Says], tls: ssl.SSLContext | None = None, host: str = LOOPBACK
) -> AsyncIterator[HttpPeer]:
    """Run a server as long as this is open."""
    peer = HttpPeer(answer)
    server = await asyncio.start_server(peer.serve, host, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    peer.url = f"{'https' if tls else 'http'}://{name}:{port}/"
    try:
        yield peer
    finally:
        server.close()
        await peer.hang_up()
