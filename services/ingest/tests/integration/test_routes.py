"""What the service answers is what the table of all operations has of it."""

import re

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from axial.common.operations import operations

pytestmark = pytest.mark.integration

# Not through the edge.
_PRIVATE = ("/healthz", "/readyz", "/metrics", "/internal/")


async def test_routes_are_told(app: FastAPI) -> None:
    """A wrong method is told by the table which ones there are, at whichever service."""
    routes = [
        route
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith(_PRIVATE)
    ]
    assert "/instances" in {route.path for route in routes}
    for route in routes:
        path = re.sub(r"\{\w+\}", "x", route.path)
        assert (route.methods or set()) <= {"HEAD", *operations().methods(path)}, path
