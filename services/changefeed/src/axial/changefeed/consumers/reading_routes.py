"""`/feed/consumers/{name}/…`: taking entries, acknowledging them, leaving them out."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.changefeed.consumers.readers import Readers
from axial.changefeed.consumers.rendering import (
    render_batch,
    render_list,
    render_replay,
    render_skipped,
)
from axial.changefeed.consumers.requests import (
    Acknowledgement,
    Skip,
    read_body,
    read_integer,
    read_sequence,
)
from axial.changefeed.entries.patience import LONGEST_WAIT_SECONDS

_PATH = "/feed/consumers/{name}"
_DEFAULT_LIMIT, _LARGEST_LIMIT = 100, 1000
_BIGINT_MAX = 2**63 - 1
_JSON = "application/json"


def reader_routes(readers: Readers) -> APIRouter:
    """Make the routes for readers (docs/feeds.md, "Named consumers")."""
    router = APIRouter()

    async def entries(request: Request, name: str) -> Response:
        """Give what is to be done next."""
        limit = read_integer(request, "limit", _DEFAULT_LIMIT, 1, _LARGEST_LIMIT)
        wait = read_integer(request, "wait", 0, 0, int(LONGEST_WAIT_SECONDS))
        handout = await readers.next(name, limit, wait)
        return Response(
            render_batch(handout.consumer, handout.batch),
            media_type=_JSON,
            headers={"X-Changes-Watermark": handout.high_water.of_changes()},
        )

    async def acknowledge(request: Request, name: str) -> Response:
        """Note what is done with."""
        await readers.acknowledge(name, await read_body(request, Acknowledgement))
        return Response("{}", media_type=_JSON)

    async def skip(request: Request, name: str) -> Response:
        """Leave an entry out."""
        await readers.skip(name, await read_body(request, Skip))
        return Response("{}", media_type=_JSON)

    async def skipped(request: Request, name: str) -> Response:
        """List what was left out."""
        limit = read_integer(request, "limit", _DEFAULT_LIMIT, 1, _LARGEST_LIMIT)
        since = read_integer(request, "since", 0, 0, _BIGINT_MAX)
        await readers.store.get(name)
        found = await readers.store.skipped(name, since, limit)
        documents = [render_skipped(each, await readers.entry(each.sequence)) for each in found]
        return Response(render_list(documents), media_type=_JSON)

    async def replay(name: str, sequence: str) -> Response:
        """Deliver what was left out."""
        return Response(
            render_replay(await readers.replay(name, read_sequence(sequence))), media_type=_JSON
        )

    for path, method, answer in (
        ("entries", "GET", entries),
        ("ack", "POST", acknowledge),
        ("skip", "POST", skip),
        ("skipped", "GET", skipped),
        ("skipped/{sequence}/replay", "POST", replay),
    ):
        router.add_api_route(f"{_PATH}/{path}", answer, methods=[method], response_class=Response)
    return router
