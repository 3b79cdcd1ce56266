"""HEAD, answered by whatever answers GET."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_BODY: Message = {"type": "http.request", "body": b"", "more_body": False}
_GONE: Message = {"type": "http.disconnect"}
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class AnswerHead:
    """ASGI middleware: HEAD is GET, of which only the head is sent.

    As soon as that is told the endpoint sees its caller go away, so that no large body is read for nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as a GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        told = asyncio.Event()
        body = [_NO_BODY]

        async def receive_until_told() -> Message:
            if body:
                return body.pop()
            await told.wait()
            return _GONE

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send(_END)
                told.set()

        # A copy: the server goes by the method of its own, and sends no body.
        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive_until_told, send_head)
        finally:
            if "route" in as_get:  # for the metrics
                scope["route"] = as_get["route"]
