"""Paths that are asked for thousands of times a second, answered without the router.

A router tries one pattern after another, and FastAPI gathers for each request what an endpoint may depend on.
Endpoints that take the request and nothing else need neither: one look into a table finds them.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from axial.common.errors import AxialError
from axial.common.problems import told

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class ExactPath:
    """Where a path leads."""

    #: The route's template, as metrics name it.
    path: str
    parameters: Mapping[str, str]
    endpoint: Endpoint
    #: Requests with another method are for the router.
    method: str = "GET"


class Paths(Protocol):
    """What knows paths: a dictionary, or what reads them."""

    def get(self, path: str, /) -> ExactPath | None:
        """Tell where a path leads, with one method; None when it is for the router."""
        ...


def exact_paths(
    routers: Iterable[APIRouter], values: Mapping[str, Sequence[str]]
) -> dict[str, ExactPath]:
    """List the GET routes of some routers by their paths, for the given values of the paths' parameters.

    Their endpoints must be coroutines of the request alone. Other values stay with the router.
    """
    found: dict[str, ExactPath] = {}
    for route in (route for router in routers for route in router.routes):
        assert isinstance(route, APIRoute), "feeds are plain routes"
        if "GET" in (route.methods or ()):
            names = list(route.param_convertors)
            for chosen in product(*(values[name] for name in names)):
                parameters = dict(zip(names, chosen, strict=True))
                path = route.path_format.format_map(parameters)
                found[path] = ExactPath(route.path, parameters, route.endpoint)
    return found


class ExactPaths:
    """ASGI middleware: requests of known paths go straight to their endpoints, all others on."""

    def __init__(self, app: ASGIApp, paths: Paths) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        found = self._paths.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or found.method != scope["method"]:
            await self._app(scope, receive, send)
            return
        scope["route"] = found
        scope["path_params"] = found.parameters
        request = Request(scope, receive)
        try:
            response = await found.endpoint(request)
        except AxialError as error:
            response = told(request, error)
        await response(scope, receive, send)
