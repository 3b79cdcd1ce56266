"""Routers put together."""

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from axial.common.routes import add_routes

pytestmark = pytest.mark.unit


class _OwnRoute(APIRoute):
    """A route of a class of its own."""


def _refuse() -> None:
    raise HTTPException(403)


def test_routes_keep_what_their_router_gave_them() -> None:
    """Prefix, dependencies and class of a router hold where its routes are added, through routers between as well."""
    inner = APIRouter(prefix="/inner", dependencies=[Depends(_refuse)], route_class=_OwnRoute)
    inner.add_api_route("/door", lambda: "open")
    outer = APIRouter()
    outer.add_api_route("/{anything}", lambda anything: anything)
    add_routes(outer, inner)
    app = FastAPI(openapi_url=None)
    add_routes(app, outer)
    client = TestClient(app)
    assert client.get("/inner/door").status_code == 403
    assert client.get("/inner").json() == "inner"
    assert client.put("/inner").status_code == 405
    assert [type(route) for route in app.routes] == [APIRoute, _OwnRoute]
