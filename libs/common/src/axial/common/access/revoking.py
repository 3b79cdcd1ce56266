"""Answers that take their time, and end when what they were given for is void."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A stream tells at most this much longer what its reader may not read any more.
_LOOK_SECONDS = 5.0
_GONE: Message = {"type": "http.disconnect"}
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}

#: Whether a request would still be let in.
StillValid = Callable[[], Awaitable[bool]]


class UntilRevoked:
    """Passes one request on; once its credentials are void, the endpoint sees its caller go away.

    The caller sees a stream come to its end, or `refusal` in the place of an answer that had not begun.
    """

    def __init__(
        self, valid: StillValid, refusal: Response, look_seconds: float = _LOOK_SECONDS
    ) -> None:
        self._valid = valid
        self._refusal = refusal
        self._look_seconds = look_seconds
        self._void = asyncio.Event()
        self._begun = self._ended = False

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered."""

        async def receive_until_void() -> Message:
            return await self._receive(receive)

        async def send_unless_void(message: Message) -> None:
            if not self._void.is_set():
                self._begun = True
                body = message["type"] == "http.response.body"
                self._ended = body and not message.get("more_body", False)
                await send(message)

        looking = asyncio.create_task(self._look())
        try:
            await app(scope, receive_until_void, send_unless_void)
        finally:
            looking.cancel()
        if self._void.is_set() and not self._begun:
            await self._refusal(scope, receive, send)
        elif self._void.is_set() and not self._ended:
            await send(_END)

    async def _look(self) -> None:
        """Look at the credentials now and then."""
        valid = True  # it has just been let in
        while valid:
            await asyncio.sleep(self._look_seconds)
            valid = await self._valid()
        self._void.set()

    async def _receive(self, receive: Receive) -> Message:
        coming = asyncio.ensure_future(receive())
        void = asyncio.ensure_future(self._void.wait())
        try:
            await asyncio.wait({coming, void}, return_when=asyncio.FIRST_COMPLETED)
            return _GONE if self._void.is_set() else coming.result()
        finally:
            coming.cancel()
            void.cancel()
