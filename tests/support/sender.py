"""A client that does not give up: what it was promised is written down, and must hold for ever."""

import asyncio
from typing import Any

import httpx2

# A client's own patience between two attempts: short, so that every outage is met by many attempts.
_BACK_OFF_SECONDS = 0.05
_AWAY = 503


class Broken(AssertionError):
    """The system answered what it must never answer, whatever was killed."""


class Sender:
    """Repeats a request until it is acknowledged: re-sending is harmless, by the contract of every route."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def send(
        self, method: str, path: str, body: bytes | None = None, also: tuple[int, ...] = ()
    ) -> "Acknowledged":
        """Return the first 200 or 202, or a status of `also`; raise Broken for all but a 503."""
        lost = refused = 0
        while True:
            try:
                answer = await self._client.request(method, path, content=body)
            except httpx2.TransportError:
                lost += 1
            else:
                if answer.status_code in (200, 202, *also):
                    return Acknowledged(answer, lost=lost, attempts=lost + refused + 1)
                if answer.status_code != _AWAY:
                    raise Broken(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
                refused += 1
            await asyncio.sleep(_BACK_OFF_SECONDS)


class Acknowledged:
    """The answer that counts, and what it took."""

    def __init__(self, answer: httpx2.Response, *, lost: int, attempts: int) -> None:
        self.status = answer.status_code
        #: None when the answer is not JSON, as of metadata.
        self.json: Any = answer.json() if "json" in answer.headers["content-type"] else None
        #: Attempts whose outcome nobody knows: the connection ended first.
        self.lost = lost
        self.attempts = attempts
