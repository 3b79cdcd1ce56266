"""A named consumer as its operator and its reader meet it: by HTTP."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2


@dataclass(frozen=True, slots=True)
class NamedConsumer:
    """One consumer, asked by HTTP."""

    client: httpx2.AsyncClient
    name: str = "pacs"

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/feed/consumers/{self.name}"

    async def put(self, **wish: Any) -> httpx2.Response:
        """Make or change it."""
        return await self.client.put(self.path, json=wish)

    async def show(self) -> dict[str, Any]:
        """Look at it."""
        answer = await self.client.get(self.path)
        assert answer.status_code == HTTPStatus.OK, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def entries(self, query: str = "") -> dict[str, Any]:
        """Read its next entries."""
        answer = await self.client.get(f"{self.path}/entries{query}")
        assert answer.status_code == HTTPStatus.OK, answer.text
        assert "X-Changes-Watermark" in answer.headers
        page: dict[str, Any] = answer.json()
        return page

    async def post(self, action: str, **body: Any) -> httpx2.Response:
        """Do something to it."""
        return await self.client.post(f"{self.path}/{action}", json=body)

    async def ack(self, page: dict[str, Any]) -> httpx2.Response:
        """Acknowledge what was read."""
        return await self.post("ack", Seq=page["Last"], Generation=page["Generation"])

    async def drain(self, limit: int = 100) -> list[int]:
        """Read and acknowledge to the end; return the numbers."""
        found: list[int] = []
        while True:
            page = await self.entries(f"?limit={limit}")
            found += numbers(page)
            assert (await self.ack(page)).status_code == HTTPStatus.OK
            if page["Done"]:
                return found


def numbers(page: dict[str, Any]) -> list[int]:
    """List the numbers of what was read."""
    return [entry["Seq"] for entry in page["Entries"]]
