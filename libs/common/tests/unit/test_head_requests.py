"""HEAD is GET without its body."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Message

from axial.common.head_requests import AnswerHead

pytestmark = pytest.mark.unit

_MOST_PIECES = 1000


class Pieces:
    """An endless body that counts what was taken of it, and notes that it was let go of."""

    def __init__(self) -> None:
        self.taken = 0
        self.closed = False

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield piece after piece; fail when nobody stops it."""
        try:
            while self.taken < _MOST_PIECES:
                self.taken += 1
                await asyncio.sleep(0)  # as reading does
                yield b"piece"
            pytest.fail("nobody has told the endpoint that its caller has what it wanted")
        finally:
            self.closed = True


def application(pieces: Pieces) -> FastAPI:
    """Build an application that tells which method its endpoints see."""
    app = FastAPI()

    @app.get("/short")
    async def short(request: Request) -> Response:
        return PlainTextResponse(request.method, headers={"ETag": '"x"'})

    @app.get("/endless")
    async def endless() -> Response:
        return StreamingResponse(pieces.stream(), media_type="application/zip")

    app.add_middleware(AnswerHead)
    return app


async def ask(
    app: FastAPI, path: str, method: str = "HEAD"
) -> tuple[list[Message], dict[str, object]]:
    """Send a request; return what the server is given to send, and the request as it is afterwards."""
    scope: dict[str, object] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        pytest.fail("a HEAD has no body to wait for")

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent, scope


async def test_the_head_of_a_get() -> None:
    """The endpoint sees a GET; its headers are sent, with the length of what is not."""
    sent, scope = await ask(application(Pieces()), "/short")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"content-length"], headers[b"etag"]) == (200, b"3", b'"x"')
    assert sent[1]["body"] == b""
    # The server suppresses bodies by the method, and metrics count by it.
    assert scope["method"] == "HEAD"
    assert getattr(scope["route"], "path", "") == "/short"


async def test_a_long_body_is_not_made() -> None:
    """An endpoint that streams is told that its caller has gone, as soon as the head is sent."""
    pieces = Pieces()
    sent, _ = await ask(application(pieces), "/endless")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert pieces.closed
