"""`/feed/consumers`: making, changing, watching and moving named consumers."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.changefeed.consumers.administration import Administration, Status
from axial.changefeed.consumers.rendering import render_consumer, render_list, render_names
from axial.changefeed.consumers.requests import (
    ConsumerWish,
    Pause,
    Position,
    check_name,
    read_body,
)
from axial.changefeed.consumers.store import ConsumerStore

log = structlog.get_logger(__name__)

_PATH = "/feed/consumers/{name}"


def consumer_routes(administration: Administration, store: ConsumerStore) -> APIRouter:
    """Make the routes for operators (docs/feeds.md, "Named consumers")."""
    router = APIRouter()

    async def put(request: Request, name: str) -> Response:
        """Make or change a consumer."""
        wish = await read_body(request, ConsumerWish)
        made = await administration.put(check_name(name), wish)
        log.info("consumer_created" if made else "consumer_changed", consumer=name)
        status = HTTPStatus.CREATED if made else HTTPStatus.OK
        return _answer(await administration.status(name), status)

    async def show_all(request: Request) -> Response:
        """List the names, or with `expand` the consumers."""
        if "expand" not in request.query_params:
            return Response(render_names(await store.all()), media_type="application/json")
        statuses = [status async for status in administration.statuses()]
        headers = {"X-Changes-Watermark": statuses[0].high_water.of_changes()} if statuses else {}
        documents = [render_consumer(s.consumer, s.oldest, s.high_water) for s in statuses]
        return Response(render_list(documents), media_type="application/json", headers=headers)

    async def show(name: str) -> Response:
        """Show one consumer."""
        return _answer(await administration.status(name))

    async def delete(name: str) -> Response:
        """Forget a consumer."""
        await store.delete(name)
        log.info("consumer_deleted", consumer=name)
        return Response("{}", media_type="application/json")

    async def pause(request: Request, name: str) -> Response:
        """Let a consumer rest."""
        await store.pause(name, (await read_body(request, Pause)).reason)
        log.info("consumer_paused", consumer=name)
        return _answer(await administration.status(name))

    async def resume(name: str) -> Response:
        """Let a consumer go on."""
        await store.resume(name)
        log.info("consumer_resumed", consumer=name)
        return _answer(await administration.status(name))

    async def rewind(request: Request, name: str) -> Response:
        """Let a consumer go on from elsewhere."""
        await administration.rewind(name, await read_body(request, Position))
        log.info("consumer_rewound", consumer=name)
        return _answer(await administration.status(name))

    for path, method, answer in (
        ("/feed/consumers", "GET", show_all),
        (_PATH, "PUT", put),
        (_PATH, "GET", show),
        (_PATH, "DELETE", delete),
        (f"{_PATH}/pause", "POST", pause),
        (f"{_PATH}/resume", "POST", resume),
        (f"{_PATH}/rewind", "POST", rewind),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router


def _answer(status: Status, code: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(
        render_consumer(status.consumer, status.oldest, status.high_water),
        status_code=code,
        media_type="application/json",
        headers={"X-Changes-Watermark": status.high_water.of_changes()},
    )
