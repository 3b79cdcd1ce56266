"""Reading the feeds as their documents tell a consumer to, and in no other way."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import httpx2

Entry: TypeAlias = dict[str, Any]

# Small pages, unless told otherwise: a reader's mistakes and the server's show at their borders.
_V1_LIMIT = 10
_V2_LIMIT = 20
_CHANGES_LIMIT = 25
_AWAY = 503
# The largest each route allows (azure-changefeed.md, A.2; Orthanc has no bound).
MOST_V1, MOST_V2, MOST_CHANGES = 100, 200, 1000


class Away(AssertionError):
    """The system could not answer now (503); a consumer asks again."""


async def get_json(client: httpx2.AsyncClient, path: str, **parameters: object) -> Any:
    """GET a JSON document that must be there; raise Away when that cannot be known now."""
    answer = await client.get(path, params=parameters)  # type: ignore[arg-type]
    expect(answer, 200)
    return answer.json()


def expect(answer: httpx2.Response, *statuses: int) -> None:
    """Accept these statuses only; raise Away for a 503. The answer has been read."""
    told = f"{answer.request.url.path}: {answer.status_code} {answer.text[:500]}"
    if answer.status_code == _AWAY and _AWAY not in statuses:
        raise Away(told)
    assert answer.status_code in statuses, told


async def all_changes(
    client: httpx2.AsyncClient,
    since: int = 0,
    *,
    include_deleted: bool = False,
    limit: int = _CHANGES_LIMIT,
) -> list[Entry]:
    """Follow Orthanc's `/changes` by `Last` until `Done` (Orthanc book, `/changes`)."""
    changes: list[Entry] = []
    more = {"include-deleted": "true"} if include_deleted else {}
    while True:
        page = await get_json(client, "/changes", since=since, limit=limit, **more)
        changes += page["Changes"]
        since = page["Last"]
        if page["Done"]:
            return changes


async def last_change(client: httpx2.AsyncClient) -> int:
    """Return the highest number Orthanc's feed has given, 0 before the first."""
    # Among the hidden ones too: the last that Orthanc would show may be older.
    page = await get_json(client, "/changes", **{"last": "", "include-deleted": "true"})
    return int(page["Last"])


async def last_sequence(client: httpx2.AsyncClient) -> int:
    """Return the highest number Azure's feed has given, 0 before the first."""
    answer = await client.get("/v1/changefeed/latest", params={"includeMetadata": "false"})
    expect(answer, 200, 204)
    return 0 if answer.status_code == 204 else int(answer.json()["Sequence"])


class V1Reader:
    """Azure's consumer of version 1 (Learn, "Pull changes from the change feed", Version 1)."""

    def __init__(self, client: httpx2.AsyncClient, offset: int = 0, limit: int = _V1_LIMIT) -> None:
        self._client = client
        self._limit = limit
        self.offset = offset

    async def poll(self) -> list[Entry] | None:
        """Do what the document does on one polling interval; None when there was nothing more."""
        latest = await last_sequence(self._client)
        entries: list[Entry] = await get_json(
            self._client,
            "/v1/changefeed",
            offset=self.offset,
            limit=self._limit,
            includeMetadata="false",
        )
        if entries:
            self.offset = max(entry["Sequence"] for entry in entries)
        elif latest > self.offset:
            self.offset += self._limit
        else:
            return None
        return entries


async def v1_entries(
    client: httpx2.AsyncClient, offset: int = 0, limit: int = _V1_LIMIT
) -> list[Entry]:
    """Read version 1 from behind an offset to its end."""
    reader = V1Reader(client, offset, limit)
    entries: list[Entry] = []
    while (page := await reader.poll()) is not None:
        entries += page
    return entries


async def v2_pages(
    client: httpx2.AsyncClient, start: str = "", end: str = "", limit: int = _V2_LIMIT
) -> AsyncIterator[list[Entry]]:
    """Page through one window of version 2 until a page is not full (the same page, Version 2)."""
    offset = 0
    while True:
        page: list[Entry] = await get_json(
            client,
            "/v2/changefeed",
            startTime=start,
            endTime=end,
            offset=offset,
            limit=limit,
            includeMetadata="false",
        )
        yield page
        if len(page) < limit:
            return
        offset += limit


async def v2_entries(
    client: httpx2.AsyncClient, start: str = "", end: str = "", limit: int = _V2_LIMIT
) -> list[Entry]:
    """Read one window of version 2; without bounds, all there is."""
    return [entry async for page in v2_pages(client, start, end, limit) for entry in page]


async def feed_entries(client: httpx2.AsyncClient, since: int = 0) -> list[Entry]:
    """Follow `/feed/entries` by `Last` until `Done`: the whole history, each change with all that is told of it."""
    entries: list[Entry] = []
    while True:
        page = await get_json(client, "/feed/entries", since=since, limit=MOST_CHANGES)
        entries += page["Entries"]
        since = page["Last"]
        if page["Done"]:
            return entries


def times(entries: list[Entry], member: str = "Timestamp") -> list[str]:
    """The times of Azure entries, or of others, in a form that sorts as time does."""
    # Trailing zeros of the fraction are not written, so the texts themselves do not sort.
    return [_full(entry[member]) for entry in entries]


def _full(timestamp: str) -> str:
    seconds, _, fraction = timestamp.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<7}"
