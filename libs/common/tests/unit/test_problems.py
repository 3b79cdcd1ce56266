"""Every kind of error has its form in Orthanc's dialect, and says nothing of a data set."""

import json

import httpx2
import pytest
from fastapi import FastAPI

from axial.common import errors
from axial.common.problems import PROBLEMS, problem_of, tell_problems

pytestmark = pytest.mark.unit


def kinds(base: type[errors.AxialError] = errors.AxialError) -> list[type[errors.AxialError]]:
    """List every kind below the root."""
    return [
        kind
        for child in base.__subclasses__()
        if child.__module__ == errors.__name__
        for kind in (child, *kinds(child))
    ]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_kind_is_told(kind: type[errors.AxialError]) -> None:
    """None falls through to an internal error."""
    assert any(parent in PROBLEMS for parent in kind.__mro__)


def test_what_is_not_ours_is_an_internal_error() -> None:
    """And its text stays inside."""
    assert problem_of(ValueError("DOE^JANE")).orthanc_status == -1


async def answered(path: str, method: str = "GET") -> httpx2.Response:
    """Ask an application whose routes fail in every way."""
    app = FastAPI(openapi_url=None)
    tell_problems(app)

    @app.get("/unknown")
    async def unknown() -> None:
        raise errors.NotFound

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("DOE^JANE")

    @app.get("/away")
    async def away() -> None:
        raise errors.Unavailable

    @app.get("/full")
    async def full() -> None:
        raise errors.StorageFull

    @app.get("/refused")
    async def refused() -> None:
        raise errors.NotDicom("truncated", "The file ends before its identifiers.")

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        return await client.request(method, path)


async def test_an_unknown_resource_is_orthancs_json_as_text() -> None:
    """All seven fields, in Orthanc's words."""
    answer = await answered("/unknown")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert json.loads(answer.text) == {
        "HttpError": "Not Found",
        "HttpStatus": 404,
        "Message": "Unknown resource",
        "Method": "GET",
        "OrthancError": "Unknown resource",
        "OrthancStatus": 17,
        "Uri": "/unknown",
    }


async def test_an_unknown_route_is_told_alike() -> None:
    """Orthanc makes no difference between a route and a resource."""
    assert json.loads((await answered("/nowhere")).text)["OrthancStatus"] == 17


async def test_a_refusal_gives_its_reason() -> None:
    """In Details, beside the fixed words."""
    problem = json.loads((await answered("/refused")).text)
    assert (problem["HttpStatus"], problem["OrthancStatus"]) == (400, 15)
    assert problem["Details"] == "The file ends before its identifiers"


async def test_a_wrong_method_has_no_body() -> None:
    """As Orthanc answers 405."""
    answer = await answered("/unknown", "PUT")
    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/changes", "GET,DELETE"),
        ("POST", "/system", "GET"),
        ("PATCH", "/instances", "GET,POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allowed: str) -> None:
    """Those of all services, though this one has none of them."""
    answer = await answered(path, method)
    told = answer.status_code, answer.headers.get("allow"), answer.content
    assert told == (405, allowed, b"")
    asked = await answered(path, "OPTIONS")
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allowed, b"")


async def test_a_right_method_at_the_wrong_service() -> None:
    """Is not told to be wrong."""
    assert (await answered("/system")).status_code == 404


async def test_an_internal_error_says_nothing() -> None:
    """Not even the text of the exception."""
    answer = await answered("/broken")
    assert answer.status_code == 500
    assert "DOE" not in answer.text


async def test_after_an_internal_error_the_connection_ends() -> None:
    """Uvicorn ends it, so a proxy has to know: its next request would be lost."""
    assert (await answered("/broken")).headers["connection"] == "close"


async def test_only_what_passes_by_itself_says_when_to_ask_again() -> None:
    """A service that is away is asked again a second later; a full disk has to be emptied first."""
    away, full = await answered("/away"), await answered("/full")
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    assert full.status_code == 507
    assert "retry-after" not in full.headers
