"""An endless answer that ends at once: with its reader, with a reader that is too slow, with the service."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from axial.changefeed.live.framing import MEDIA_TYPE
from axial.changefeed.live.metrics import LiveMetrics
from axial.changefeed.live.open_streams import OpenStreams
from axial.common.connections import cut

# The end of a stream fits into any socket's buffer that is not full.
_FAREWELL_SECONDS = 0.5


class EventStream(Response):
    """Sends chunks as they come. None is made before the one before was taken: nothing piles up."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        places: OpenStreams,
        metrics: LiveMetrics,
        stopping: asyncio.Event,
        slow_reader_seconds: float,
    ) -> None:
        # Without these, a proxy on the way might keep events until there are many of them.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers, media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._chunks = chunks
        self._places = places
        self._metrics = metrics
        self._stopping = stopping
        self._slow_reader_seconds = slow_reader_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader goes or takes nothing, or the service stops."""
        with self._places.place():
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send_all(send, scope))
                ends = {
                    sending,
                    group.create_task(_gone(receive)),
                    group.create_task(self._stopped()),
                }
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in ends:
                    task.cancel()
            if self._stopping.is_set():
                await self._say_farewell(send, scope)

    async def _send_all(self, send: Send, scope: Scope) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        try:
            await self._send(send, {"type": "http.response.start", **start})
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    await self._send(send, _body(chunk, more=True))
        except _SlowReader:
            self._metrics.slow_readers.inc()
            cut(scope)

    async def _send(self, send: Send, message: Message) -> None:
        """Send as soon as what was sent before is on its way: the server holds no more than that."""
        sent = asyncio.timeout(self._slow_reader_seconds)
        try:
            async with sent:
                await send(message)
        except TimeoutError:
            raise _SlowReader from None

    async def _stopped(self) -> None:
        await self._stopping.wait()

    async def _say_farewell(self, send: Send, scope: Scope) -> None:
        """End the answer in due form, so that the reader comes back for the rest."""
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await send(_body(b"", more=False))
        except TimeoutError:
            cut(scope)


class _SlowReader(Exception):
    """The reader took nothing for too long."""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}
