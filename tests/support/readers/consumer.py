"""A reader by a named consumer: takes a batch, acknowledges it, and forgets to now and then."""

import asyncio

import httpx2

from support.agreement import Agreement
from support.feeds import expect, get_json
from support.readers.reader import POLL_SECONDS, Reader, Row, change_row, change_rows

_LIMIT = 20
_WAIT_SECONDS = 1
# As a worker that dies between the reading and the acknowledgement.
_FORGETS_EVERY = 5


class ConsumerReader(Reader):
    """At least once, and in order: what comes again was not acknowledged, and is followed by what is new."""

    kind = "named consumer"

    def __init__(self, client: httpx2.AsyncClient, name: str = "reader") -> None:
        super().__init__()
        self._client = client
        self._path = f"/feed/consumers/{name}"
        self._exists = False
        self._acknowledged = 0
        self._batches = 0

    async def step(self) -> None:
        """Take one batch and acknowledge it."""
        if not self._exists:
            answer = await self._client.put(self._path, json={"Start": "earliest"})
            expect(answer, 200, 201)
            self._exists = True
        batch = await get_json(
            self._client, f"{self._path}/entries", limit=_LIMIT, wait=_WAIT_SECONDS
        )
        self._take([change_row(entry) for entry in batch["Entries"]])
        self._batches += 1
        if self._batches % _FORGETS_EVERY == 0:
            return
        if batch["Last"] > self._acknowledged:
            body = {"Seq": batch["Last"], "Generation": batch["Generation"]}
            expect(await self._client.post(f"{self._path}/ack", json=body), 200, 204)
            self._acknowledged = batch["Last"]
        if not batch["Entries"]:
            await asyncio.sleep(POLL_SECONDS)

    def _take(self, rows: list[Row]) -> None:
        """Add what is new; what comes again must come as it came before."""
        numbers = [row[0] for row in rows]
        assert numbers == sorted(set(numbers)), f"{self.kind}: out of order: {numbers}"
        assert not rows or rows[0][0] > self._acknowledged, f"{self.kind}: acknowledged before"
        for row in rows:
            if self.rows and row[0] <= self.rows[-1][0]:
                # A consumer without a filter reads number n as its nth row.
                assert self.rows[row[0] - 1] == row, f"{self.kind}: told another way: {row}"
            else:
                self.rows.append(row)

    def told(self, history: Agreement) -> list[Row]:
        """Every change."""
        return change_rows(history)
