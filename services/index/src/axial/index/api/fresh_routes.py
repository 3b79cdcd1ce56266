"""Routes that read blobs, which may be replaced by others between their being found and their being read."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeAlias

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from axial.common.blobs import BlobMissing

Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


def looking_again(handler: Handler) -> Handler:
    """Wrap a handler of requests: when a blob it was led to is gone, it is called once more."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except BlobMissing:
            return await handler(request)

    return handle


class FreshRoute(APIRoute):
    """A route that looks once more when the blob it was led to is gone: the file has another one by now."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        return looking_again(super().get_route_handler())
