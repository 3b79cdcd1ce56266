"""`/router/dead-letters`: deliveries that were given up, and what an operator decides about them."""

from dataclasses import replace

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.router.bodies import read_body as read_bytes
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.delivery import State
from axial.router.deliveries.rendering import delivery_json, page_json
from axial.router.deliveries.selection import read_body, read_number, read_page, read_query
from axial.router.jobs.requests import answer_json

log = structlog.get_logger(__name__)

_PATH = "/router/dead-letters"


def dead_letter_routes(administration: Administration) -> APIRouter:
    """Make the routes of what was given up."""
    router = APIRouter()

    async def dead_letters(request: Request) -> Response:
        """List deliveries that were given up."""
        page = read_page(request.query_params)
        wanted = replace(read_query(request.query_params), state=State.DEAD)
        return answer_json(page_json(await administration.find(wanted, page), page))

    async def replay_all(request: Request) -> Response:
        """Let dead letters begin anew: all, or those of a destination, rule or reason."""
        count = await administration.replay(read_body(await read_bytes(request)))
        log.info("dead_letters_replayed", count=count)
        return answer_json({"Count": count})

    async def discard_all(request: Request) -> Response:
        """Leave dead letters undone: all, or those of a destination, rule or reason."""
        count = await administration.discard(read_body(await read_bytes(request)))
        log.info("dead_letters_discarded", count=count)
        return answer_json({"Count": count})

    async def replay(delivery_id: str) -> Response:
        """Let a dead letter begin anew."""
        row = await administration.replay_one(read_number(delivery_id))
        return answer_json(delivery_json(row))

    async def discard(delivery_id: str) -> Response:
        """Leave a dead letter undone."""
        row = await administration.discard_one(read_number(delivery_id))
        return answer_json(delivery_json(row))

    for path, method, answer in (
        (_PATH, "GET", dead_letters),
        (f"{_PATH}/replay", "POST", replay_all),
        (f"{_PATH}/discard", "POST", discard_all),
        (f"{_PATH}/{{delivery_id}}/replay", "POST", replay),
        (f"{_PATH}/{{delivery_id}}/discard", "POST", discard),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router
