"""`/feed/consumers/{name}/token`: what a consumer's reader shows in the place of a user's password."""

import json
from http import HTTPStatus

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from axial.changefeed.consumers.token_store import TokenStore

log = structlog.get_logger(__name__)

_PATH = "/feed/consumers/{name}/token"


def token_routes(store: TokenStore) -> APIRouter:
    """Make the routes for administrators (docs/feeds.md, "Tokens")."""
    router = APIRouter()

    async def make(name: str) -> Response:
        """Make a consumer's token; the one it had is void. It is told now, and never again."""
        token = await store.make(name)
        log.info("consumer_token_made", consumer=name)
        return Response(
            json.dumps({"Token": token}),
            status_code=HTTPStatus.CREATED,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def revoke(name: str) -> Response:
        """Make a consumer's token void."""
        await store.revoke(name)
        log.info("consumer_token_revoked", consumer=name)
        return Response("{}", media_type="application/json")

    router.add_api_route(_PATH, make, methods=["POST"], response_class=Response)
    router.add_api_route(_PATH, revoke, methods=["DELETE"], response_class=Response)
    return router
