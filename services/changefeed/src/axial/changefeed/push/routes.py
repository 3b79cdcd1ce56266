"""The test button of a webhook."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.push.endpoints import Endpoints
from axial.common.errors import Conflict

_MILLISECONDS_PER_SECOND = 1000


def push_routes(store: ConsumerStore, endpoints: Endpoints) -> APIRouter:
    """Make the route of `POST /feed/consumers/{name}/test`."""
    router = APIRouter()

    async def test_consumer(name: str) -> Response:
        """Send a signed event of type `org.axial.test` now, also while paused; tell what became of it.

        The consumer's position and its failures stay as they are.
        """
        consumer = await store.get(name)
        if consumer.push is None:
            raise Conflict("This consumer reads by itself; there is no endpoint to test.")
        delivery = await endpoints.test(consumer.push)
        return JSONResponse(
            {
                "Delivered": delivery.delivered,
                "Status": delivery.status,
                "DurationMs": round(delivery.seconds * _MILLISECONDS_PER_SECOND),
                "Error": delivery.error or None,
            },
            status_code=HTTPStatus.OK,
        )

    router.add_api_route(
        "/feed/consumers/{name}/test", test_consumer, methods=["POST"], response_class=Response
    )
    return router
