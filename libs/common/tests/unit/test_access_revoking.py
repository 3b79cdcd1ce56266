"""What becomes of answers whose credentials are void before their end."""

import asyncio
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from axial.common.access.revoking import UntilRevoked

pytestmark = pytest.mark.unit

_START = {"type": "http.response.start", "status": 200, "headers": []}


async def answered(app: Any, *, valid: bool) -> list[Message]:
    """Ask an application with credentials that are looked at again and again; return what was sent."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        sent.append(message)

    async def still_valid() -> bool:
        return valid

    until_revoked = UntilRevoked(still_valid, Response(status_code=401), look_seconds=0.001)
    async with asyncio.timeout(10):
        await until_revoked.run(app, {"type": "http"}, receive, send)
    return sent


async def test_a_stream_comes_to_its_end() -> None:
    """Its endpoint sees its reader go, the reader a proper end; what is told afterwards is told nobody."""

    async def stream(_scope: Scope, receive: Receive, send: Send) -> None:
        await send(_START)
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"2", "more_body": True})

    sent = await answered(stream, valid=False)
    assert [message.get("body") for message in sent] == [None, b"1", b""]
    assert not sent[-1]["more_body"]


async def test_a_late_answer_is_refused() -> None:
    """A long poll that ends after its token does not tell what it waited for."""

    async def poll(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"
        await Response("news")(scope, receive, send)

    sent = await answered(poll, valid=False)
    assert [message.get("status") for message in sent] == [401, None]


async def test_what_is_valid_is_answered_as_ever() -> None:
    """However often it was looked at."""

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.wait([asyncio.ensure_future(receive())], timeout=0.05)
        await Response("news")(scope, receive, send)

    sent = await answered(slow, valid=True)
    assert [message.get("body") for message in sent] == [None, b"news"]
