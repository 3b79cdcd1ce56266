"""A reader of Azure's version 1, by the algorithm on its page ("Pull changes from the change feed")."""

import asyncio

import httpx2

from support.agreement import Agreement
from support.feeds import V1Reader
from support.readers.reader import POLL_SECONDS, Reader, Row, instance_row, instance_rows


class AzureV1Reader(Reader):
    """Asks for what lies behind its offset, and steps over what turns out to be empty."""

    kind = "azure v1"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._reader = V1Reader(client)

    async def step(self) -> None:
        """Do what the page says for one interval."""
        entries = await self._reader.poll()
        self.rows += map(instance_row, entries or [])
        if entries is None:
            await asyncio.sleep(POLL_SECONDS)

    def told(self, history: Agreement) -> list[Row]:
        """Every entry of Azure's feed."""
        return instance_rows(history)
