"""A reader of Orthanc's `/changes`: since `Last`, until `Done` (Orthanc book, "Changes")."""

import asyncio

import httpx2

from support.agreement import Agreement
from support.feeds import get_json
from support.readers.reader import POLL_SECONDS, Reader, Row, change_row, change_rows

_LIMIT = 25


class ChangesReader(Reader):
    """Polls for the whole history: the deletions are in it."""

    kind = "changes"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._client = client
        self._since = 0

    async def step(self) -> None:
        """Take one page; at the end of the feed, wait for the next interval."""
        page = await get_json(
            self._client,
            "/changes",
            **{"since": self._since, "limit": _LIMIT, "include-deleted": "true"},
        )
        self.rows += map(change_row, page["Changes"])
        self._since = page["Last"]
        if page["Done"]:
            await asyncio.sleep(POLL_SECONDS)

    def told(self, history: Agreement) -> list[Row]:
        """Every change."""
        return change_rows(history)
