"""A reader of Azure's version 2: consecutive windows, each read when the watermark says that it is closed."""

import asyncio

import httpx2

from support.agreement import Agreement
from support.feeds import expect, v2_entries
from support.readers.reader import POLL_SECONDS, Reader, Row, instance_row, instance_rows


class AzureV2Reader(Reader):
    """Reads `[a, b)`, then `[b, c)`, where each end is a time the feed is known to be complete to."""

    kind = "azure v2"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._client = client
        self._start = ""

    async def step(self) -> None:
        """Read the window that has closed since the last one, as a whole or not at all."""
        end = await self._closed_until()
        if end == self._start:
            await asyncio.sleep(POLL_SECONDS)
            return
        self.rows += map(instance_row, await v2_entries(self._client, self._start, end))
        self._start = end

    def told(self, history: Agreement) -> list[Row]:
        """Every entry of Azure's feed."""
        return instance_rows(history)

    async def _closed_until(self) -> str:
        """Return the time up to which the feed is complete, as the feed spells it."""
        answer = await self._client.get(
            "/v2/changefeed/latest", params={"includeMetadata": "false"}
        )
        expect(answer, 200, 204)
        _, _, moment = answer.headers["X-Changefeed-Watermark"].partition(";")
        return str(moment)
