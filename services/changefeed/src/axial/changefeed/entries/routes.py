"""`/feed/entries`: the whole history page by page, and each of the two feeds by the other's number."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.entries.query import EntriesQuery, read_entries_query, read_sequence
from axial.changefeed.entries.reader import Entries, EntryPage
from axial.changefeed.entries.rendering import render
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.projection import Projection
from axial.common.errors import NotFound

_MEDIA_TYPE = "application/json"
_BIGINT_MAX = 2**63 - 1


def entries_routes(
    entries: Entries, projection: Projection, polls: LongPolls, metrics: ChangefeedMetrics
) -> APIRouter:
    """Make the routes of `/feed/entries`."""
    router = APIRouter()

    async def get_entries(request: Request) -> Response:
        """Read a page, or with `sequence` the entry of that number in Azure's feed."""
        if "sequence" in request.query_params:
            return await one(await _named_by(request.query_params["sequence"]))
        query = read_entries_query(request.query_params)
        seen: HighWater | None = None

        async def read() -> EntryPage:
            # What the first read had to include, no later one has to ask the log for again.
            nonlocal seen
            end = await projection.caught_up() if seen is None else seen
            page = await projection.read_at(end, lambda: _page(entries, query))
            seen = page.high_water
            return page

        page = await polls.read(
            read,
            lambda page: not page.entries,
            lambda page, left: polls.until_entry(
                page.scanned_through, _BIGINT_MAX, query.wanted, left
            ),
            query.wait_seconds,
        )
        metrics.read("entries", len(page.entries))
        return _answer(page, _render_page(page))

    async def get_entry(request: Request) -> Response:
        """Read one entry."""
        return await one(read_sequence("sequence", request.path_params["sequence"]))

    async def one(sequence: int) -> Response:
        page = await projection.read(lambda: entries.after(sequence - 1, Filter(), 1))
        if not page.entries or page.entries[0].sequence != sequence:
            raise NotFound
        return _answer(page, render(page.entries[0]))

    async def _named_by(text: str) -> int:
        sequence = read_sequence("sequence", text)
        await entries.caught_up()
        named = await entries.of_instance_change(sequence)
        if named is None:
            raise NotFound
        return named

    router.add_api_route("/feed/entries", get_entries, methods=["GET"], response_class=Response)
    router.add_api_route(
        "/feed/entries/{sequence}", get_entry, methods=["GET"], response_class=Response
    )
    return router


async def _page(entries: Entries, query: EntriesQuery) -> EntryPage:
    """Go on until something is found, or everything was looked at."""
    page = await entries.after(query.since, query.wanted, query.limit)
    while not page.entries and page.scanned_through < page.high_water.change_sequence:
        page = await entries.after(page.scanned_through, query.wanted, query.limit)
    return page


def _render_page(page: EntryPage) -> bytes:
    """Write a page; `Last` is where to go on, behind all that the filter has passed over too."""
    done = page.scanned_through >= page.high_water.change_sequence
    rows = b",\n".join(map(render, page.entries))
    tail = f'],"Done":{"true" if done else "false"},"Last":{page.scanned_through}}}\n'
    return b'{"Entries":[' + rows + tail.encode()


def _answer(page: EntryPage, body: bytes) -> Response:
    return Response(
        body,
        media_type=_MEDIA_TYPE,
        headers={"X-Changes-Watermark": page.high_water.of_changes()},
    )
