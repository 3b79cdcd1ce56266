"""What the library's clients make of answers on connections of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.http.transport import PooledTransport

pytestmark = pytest.mark.integration


class Server:
    """Answers each request with its body, or not at all."""

    def __init__(self) -> None:
        self.connections = 0
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                body = await reader.readexactly(_length(head))
                if head.startswith(b"GET /silent"):
                    continue
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for piece in (body[:3], body[3:]):
                    if piece:
                        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _length(head: bytes) -> int:
    lines = dict(line.lower().split(b": ") for line in head.split(b"\r\n")[1:-2])
    return int(lines.get(b"content-length", 0))


@asynccontextmanager
async def _asking(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    (port,) = free_ports(1)
    listening = await asyncio.start_server(server.serve, LOOPBACK, port)
    async with (
        listening,
        httpx2.AsyncClient(
            transport=PooledTransport(), base_url=f"http://{LOOPBACK}:{port}"
        ) as client,
    ):
        yield client


async def test_one_connection_for_all() -> None:
    """Requests and answers arrive whole, whatever their pieces, one after the other on the same connection."""
    server = Server()
    async with _asking(server) as client:
        for text in ("", "two", "pieces of it"):
            answer = await client.post("/a/b?c=d", content=text, headers={"X-Own": "yes"})
            assert (answer.status_code, answer.text) == (200, text)
    assert server.connections == 1
    assert server.heads[-1].startswith(b"POST /a/b?c=d HTTP/1.1\r\n")
    assert b"\r\nX-Own: yes\r\n" in server.heads[-1]


async def test_an_answer_that_is_left() -> None:
    """A connection on which an answer was not read to its end is not used for another one."""
    server = Server()
    async with _asking(server) as client:
        async with client.stream("POST", "/", content="something") as answer:
            assert answer.status_code == 200
        assert (await client.post("/", content="else")).text == "else"
    assert server.connections == 2


async def test_no_answer_in_time() -> None:
    """Who does not answer in time is told in the library's terms, and so is who is not there."""
    async with _asking(Server()) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("/silent", timeout=0.05)
        assert (await client.post("/", content="again")).text == "again"
        url = client.base_url
    async with httpx2.AsyncClient(transport=PooledTransport(), base_url=url) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("/")
