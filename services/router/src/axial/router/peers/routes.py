"""`/peers`: who they are."""

from contextlib import suppress

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import Unavailable
from axial.common.flags import flag
from axial.common.postgres import Pool
from axial.router.bodies import read_body
from axial.router.destinations.names import check_name
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.destinations.trying_again import try_again
from axial.router.jobs.requests import answer_json
from axial.router.peers.known import KnownPeers
from axial.router.peers.rendering import render_peer
from axial.router.peers.requests import read_peer

log = structlog.get_logger(__name__)

# As Orthanc: a text without a character set, and without letters.
_NO_TEXT = {"Content-Type": "text/plain"}
_OPERATIONS = ("configuration", "store", "store-straight", "system")


def peer_routes(known: KnownPeers, pool: Pool) -> APIRouter:
    """Make the routes that name peers, and say who they are."""
    router = APIRouter()

    async def show_all(request: Request) -> Response:
        """List the names of the peers, or with `expand` the peers; secrets are never shown."""
        await known.refresh()
        if not flag(request.query_params, "expand", absent=False):
            return answer_json(list(known.all))
        return answer_json({name: render_peer(one.peer) for name, one in known.all.items()})

    async def show_operations(peer_id: str) -> Response:
        """List what a peer can be asked for."""
        await known.refresh()
        known.get(peer_id)
        return answer_json(_OPERATIONS)

    async def show(peer_id: str) -> Response:
        """Show a peer without its secrets."""
        await known.refresh()
        return answer_json(render_peer(known.get(peer_id).peer))

    async def put(request: Request, peer_id: str) -> Response:
        """Say who a peer is, for all replicas and for good."""
        await known.put(check_name(peer_id), read_peer(await read_body(request)))
        # Where nothing can be noted now, it is tried again when its time has come.
        with suppress(Unavailable):
            await try_again(pool, DestinationName(DestinationKind.PEER, peer_id))
        log.info("peer_changed", peer=peer_id)
        return Response(headers=_NO_TEXT)

    async def delete(peer_id: str) -> Response:
        """Forget a peer, for all replicas and for good."""
        await known.delete(peer_id)
        log.info("peer_deleted", peer=peer_id)
        return Response(headers=_NO_TEXT)

    for path, method, answer in (
        ("/peers", "GET", show_all),
        ("/peers/{peer_id}", "GET", show_operations),
        ("/peers/{peer_id}", "PUT", put),
        ("/peers/{peer_id}", "DELETE", delete),
        ("/peers/{peer_id}/configuration", "GET", show),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router
