"""Which replica of a service is asked, and what happens when it is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest
from pydantic import SecretStr

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.clients.index_files import IndexFiles
from axial.common.clients.replicas import asked, commanded, first_of
from axial.common.errors import Unavailable

pytestmark = pytest.mark.integration

Mounting = Callable[[str], Mapping[str, httpx2.AsyncBaseTransport]]


@dataclass
class Replica:
    """Answers with its number, or dies with each request in its hands."""

    number: int
    dies: bool = False
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request of a connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"POST"):
                await reader.readexactly(len(b'{"a":1}'))
            self.asked += 1
            if not self.dies:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n")
                writer.write(b"%d" % self.number)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def _serving(*replicas: Replica | None) -> AsyncIterator[str]:
    """Run the replicas, give their URLs; None is one that is not there."""
    ports = free_ports(len(replicas))
    async with AsyncExitStack() as stack:
        for replica, port in zip(replicas, ports, strict=True):
            if replica is not None:
                server = await asyncio.start_server(replica.answer, LOOPBACK, port)
                await stack.enter_async_context(server)
        yield " ".join(f"http://{LOOPBACK}:{port}" for port in ports)


async def _ask(mount: Mounting, urls: str, method: str = "POST", times: int = 1) -> list[str]:
    """Ask as services do; tell who answered."""
    body = {"a": 1} if method == "POST" else None
    async with httpx2.AsyncClient(mounts=mount(urls)) as client:
        answers = [
            await client.request(method, f"{first_of(urls)}/internal/question", json=body)
            for _ in range(times)
        ]
        return [answer.text for answer in answers]


async def test_each_has_its_turn() -> None:
    """Requests go to all replicas alike."""
    async with _serving(Replica(1), Replica(2)) as urls:
        assert await _ask(asked, urls, times=4) == ["1", "2", "1", "2"]


@pytest.mark.parametrize("mount", [asked, commanded])
async def test_who_is_away_is_stood_in_for(mount: Mounting) -> None:
    """What never reached a replica is sent to another, whatever it is, with its body."""
    async with _serving(None, Replica(2)) as urls:
        assert await _ask(mount, urls, times=3) == ["2", "2", "2"]


@pytest.mark.parametrize(("mount", "method"), [(asked, "POST"), (commanded, "GET")])
async def test_a_question_survives_who_was_asked(mount: Mounting, method: str) -> None:
    """A replica dies with a question in its hands: another one is asked, and from then on it alone."""
    dying, living = Replica(1, dies=True), Replica(2)
    async with _serving(dying, living) as urls:
        assert await _ask(mount, urls, method, times=4) == ["2"] * 4
    assert dying.asked == 1


async def test_work_is_not_given_to_two() -> None:
    """What a replica had in its hands when it died may have been done: that is for the caller to find out."""
    dying, living = Replica(1, dies=True), Replica(2)
    async with _serving(dying, living) as urls:
        with pytest.raises(httpx2.ReadError):
            await _ask(commanded, urls)
    assert living.asked == 0


async def test_a_single_one_is_asked_again() -> None:
    """One name may stand for many replicas: it is asked twice, and then it is told."""
    dying = Replica(1, dies=True)
    async with _serving(dying) as urls:
        with pytest.raises(httpx2.ReadError):
            await _ask(asked, urls)
    assert dying.asked == 2


@pytest.mark.parametrize("first", [None, Replica(1, dies=True)], ids=["away", "dying"])
async def test_files_are_read_from_who_is_there(first: Replica | None) -> None:
    """A replica of index that is away, or dies before it answers, is stood in for."""
    async with _serving(first, Replica(2)) as urls:
        files = IndexFiles(urls, SecretStr(""))
        for _ in range(3):
            async with files.open("instance") as file:
                assert [piece async for piece in file] == [b"2"]
        await files.aclose()


async def test_files_need_somebody() -> None:
    """With no replica there, the file cannot be had now."""
    async with _serving(None, None) as urls:
        files = IndexFiles(urls, SecretStr(""))
        with pytest.raises(Unavailable):
            async with files.open("instance"):
                raise AssertionError
        await files.aclose()
