"""Paths that go straight to their endpoints."""

from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from axial.common.errors import NotFound
from axial.common.exact_paths import ExactPath, ExactPaths, exact_paths
from axial.common.problems import tell_problems

pytestmark = pytest.mark.unit


def application(*, exact: bool) -> FastAPI:
    """Build an application of two routes, which tell whether the router was asked."""
    router = APIRouter()

    async def plain(request: Request) -> Response:
        return PlainTextResponse(f"{'router' in request.scope} {request.scope['route'].path}")

    async def versioned(request: Request) -> Response:
        if "fail" in request.query_params:
            raise NotFound("There is no such thing.")
        return PlainTextResponse(f"{request.path_params['version']} {request.scope['route'].path}")

    router.add_api_route("/plain", plain, methods=["GET"])
    router.add_api_route("/{version}/feed", versioned, methods=["GET"])
    app = FastAPI()
    tell_problems(app)
    app.include_router(router)
    if exact:
        app.add_middleware(ExactPaths, paths=exact_paths([router], {"version": ["v1", "v2"]}))
    return app


async def ask(app: FastAPI, path: str, method: str = "GET") -> Any:
    """Ask it."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        return await client.request(method, path)


async def test_the_router_is_not_asked() -> None:
    """The endpoint is found in the table, under its template."""
    assert (await ask(application(exact=True), "/plain")).text == "False /plain"
    assert (await ask(application(exact=False), "/plain")).text == "True /plain"


@pytest.mark.parametrize(
    "path", ["/v1/feed", "/v3/feed", "/v2/feed?fail", "/v3/feed?fail", "/nothing"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_answers_are_those_of_the_router(path: str, method: str) -> None:
    """Whether a path is in the table or not, its answer is the same, errors and wrong methods too."""
    exact = await ask(application(exact=True), path, method)
    routed = await ask(application(exact=False), path, method)
    assert (exact.status_code, exact.headers, exact.content) == (
        routed.status_code,
        routed.headers,
        routed.content,
    )


async def test_a_path_is_exact_for_its_method_alone() -> None:
    """What is posted to a path goes straight to its endpoint; whoever gets it asks the router."""

    async def posted(request: Request) -> Response:
        return PlainTextResponse(f"posted {'router' in request.scope}")

    app = application(exact=False)
    app.add_middleware(ExactPaths, paths={"/plain": ExactPath("/plain", {}, posted, "POST")})
    assert (await ask(app, "/plain", "POST")).text == "posted False"
    assert (await ask(app, "/plain")).text == "True /plain"
