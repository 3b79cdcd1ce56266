"""`/router/deliveries`, `/router/destinations`: how deliveries stand."""

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.rendering import delivery_json, page_json, standing_json
from axial.router.deliveries.selection import can_be_kept, read_number, read_page, read_query
from axial.router.deliveries.standing import Standings
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.jobs.requests import answer_json

log = structlog.get_logger(__name__)


def delivery_routes(administration: Administration, standings: Standings) -> APIRouter:
    """Make the routes of what is under way."""
    router = APIRouter()

    async def deliveries(request: Request) -> Response:
        """List deliveries, in the order in which they were asked for."""
        page = read_page(request.query_params)
        found = await administration.find(read_query(request.query_params), page)
        return answer_json(page_json(found, page))

    async def delivery(delivery_id: str) -> Response:
        """Tell of one delivery."""
        return answer_json(delivery_json(await administration.get(read_number(delivery_id))))

    async def destinations() -> Response:
        """Tell how all destinations stand to which something was ever to be delivered."""
        return answer_json([standing_json(standing) for standing in await standings.all()])

    async def retry(kind: str, name: str) -> Response:
        """Try a destination again at once that was away."""
        await administration.retry(_named(kind, name))
        log.info("destination_retried")
        return answer_json({})

    async def give_up(kind: str, name: str) -> Response:
        """Make dead letters of all that is due at a destination, to discard them or to replay them one day."""
        count = await administration.give_up(_named(kind, name))
        log.info("destination_given_up", count=count)
        return answer_json({"Count": count})

    for path, method, answer in (
        ("/router/deliveries", "GET", deliveries),
        ("/router/deliveries/{delivery_id}", "GET", delivery),
        ("/router/destinations", "GET", destinations),
        ("/router/destinations/{kind}/{name}/retry", "POST", retry),
        ("/router/destinations/{kind}/{name}/give-up", "POST", give_up),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router


def _named(kind: str, name: str) -> DestinationName:
    if kind not in list(DestinationKind) or not can_be_kept(name):
        raise NotFound
    return DestinationName(DestinationKind(kind), name)
