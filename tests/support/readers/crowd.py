"""One reader of each kind beside a test: all read from the beginning, all must end with the same history."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2

from support.agreement import Agreement
from support.readers.azure_v1 import AzureV1Reader
from support.readers.azure_v2 import AzureV2Reader
from support.readers.changes import ChangesReader
from support.readers.consumer import ConsumerReader
from support.readers.events import EventsReader
from support.readers.reader import Reader
from support.readers.stream import StreamReader
from support.readers.webhook import WebhookReader
from support.system import Axial
from support.waiting import until

# Behind the last kill, a reader may have to wait for a service, and for its own turn to try again.
_STANDS_STILL_SECONDS = 60.0
_CANCELS_EVERY_SECONDS = 1.0


class Crowd:
    """Readers that run."""

    def __init__(
        self, client: httpx2.AsyncClient, readers: Sequence[Reader], history: Agreement
    ) -> None:
        self._client = client
        self.readers = readers
        self.history = history
        self._tasks = [asyncio.create_task(reader.run()) for reader in readers]

    def fail_early(self) -> None:
        """Raise what a reader has died of."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def check(self) -> None:
        """Read the history so far; each reader must arrive at its end, having read exactly that."""
        await self.history.check(self._client)

        while late := self._late():

            async def moved(before: dict[str, int] = late) -> bool:
                self.fail_early()
                return self._late() != before

            await until(moved, within=_STANDS_STILL_SECONDS, retry_on=())
        for reader in self.readers:
            reader.check(self.history)

    async def stop(self) -> None:
        """Let go of the feeds."""
        pending = set(self._tasks)
        while pending:
            # Again and again: a wait that ends at the very moment swallows the request (python/cpython#86296).
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=_CANCELS_EVERY_SECONDS)

    def _late(self) -> dict[str, int]:
        """Return who has not arrived at the end of the history, and how far each has come."""
        return {
            reader.kind: len(reader.rows)
            for reader in self.readers
            if not reader.has_reached(self.history)
        }


@asynccontextmanager
async def reading(axial: Axial) -> AsyncIterator[Crowd]:
    """Run one reader of each kind for the length of an `async with` block."""
    async with axial.async_client() as client:
        crowd = Crowd(client, readers_of(axial, client), Agreement(axial.nats_url))
        try:
            yield crowd
        finally:
            await crowd.stop()


def readers_of(axial: Axial, client: httpx2.AsyncClient) -> list[Reader]:
    """Make one reader of each kind."""
    return [
        AzureV1Reader(client),
        AzureV2Reader(client),
        ChangesReader(client),
        EventsReader(client),
        ConsumerReader(client),
        WebhookReader(client),
        StreamReader(axial.nats_url),
    ]
