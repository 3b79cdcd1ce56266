"""The changefeed, as far as rules are asked about what it tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from pydantic import SecretStr

from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import Unavailable
from axial.common.ticks import Ticks
from axial.router.rules.changes import DELETED, Change, change_of

# Beyond the wait that was asked for; the changefeed waits for up to 10 s until it has read the log to its end.
_ANSWER_SECONDS = 20.0
_BIGINT_MAX = 2**63 - 1
_WATERMARK = "X-Changes-Watermark"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Changes in their order."""

    changes: Sequence[Change]
    #: No change up to here was left out.
    last: int
    #: The newest change there is.
    end: int

    @property
    def is_last(self) -> bool:
        """Whether there is nothing behind it now."""
        return self.last >= self.end


class FeedClient:
    """Reads `/feed/entries` over HTTP; raises Unavailable when it cannot."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = f"{first_of(urls)}/feed/entries"
        self._headers = service_headers(token)

    async def after(
        self, since: int, kinds: Iterable[str], limit: int, wait_seconds: float = 0.0
    ) -> FeedPage:
        """Read changes of some kinds, and deletions, behind a position; wait for the first for a while."""
        query = {
            "since": str(since),
            "limit": str(limit),
            "wait": str(wait_seconds),
            "type": ";".join(sorted({*kinds, DELETED})),
        }
        body, end = await self._get(query, wait_seconds)
        changes = [change_of(entry) for entry in body["Entries"]]
        return FeedPage(changes, int(body["Last"]), end)

    async def end(self) -> int:
        """Tell the newest change there is."""
        _, end = await self._get({"since": str(_BIGINT_MAX), "limit": "1"}, 0.0)
        return end

    async def before(self, moment: Ticks) -> int:
        """Tell the last change with a time before a moment, 0 if none: numbers have no gaps, times never go back."""
        low, high = 0, await self.end()
        while low < high:
            middle = (low + high + 1) // 2
            body, _ = await self._get({"since": str(middle - 1), "limit": "1"}, 0.0)
            if not body["Entries"]:  # the feed was set back meanwhile
                raise Unavailable
            if change_of(body["Entries"][0]).moment < moment:
                low = middle
            else:
                high = middle - 1
        return low

    async def _get(self, query: dict[str, str], wait_seconds: float) -> tuple[Any, int]:
        try:
            answer = await self._client.get(
                self._url,
                params=query,
                headers=self._headers,
                timeout=wait_seconds + _ANSWER_SECONDS,
            )
            answer.raise_for_status()
            return answer.json(), _watermark(answer.headers[_WATERMARK])
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            raise Unavailable from error


def _watermark(header: str) -> int:
    return int(header.partition(";")[0])
