"""Errors of the Azure feed: one line of plain text (azure-changefeed.md, A.3)."""

import functools
import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from axial.changefeed.azure.query import InvalidQuery
from axial.changefeed.azure.versions import SUPPORTED_VERSIONS, NotAVersion, UnsupportedVersion
from axial.common.errors import Unavailable
from axial.common.problems import Problem, problem_response

log = structlog.get_logger(__name__)

VERSIONS_HEADER = {"api-supported-versions": SUPPORTED_VERSIONS}

_OURS = re.compile(r"(/[^/]+)?/changefeed(/latest)?")

Endpoint = Callable[[Request], Awaitable[Response]]


def tells_errors(endpoint: Endpoint) -> Endpoint:
    """Make an endpoint answer its errors as dicom-server does."""

    @functools.wraps(endpoint)
    async def telling(request: Request) -> Response:
        query: bytes = request.scope["query_string"]
        if b"<" in query or b"%3c" in query.lower():
            return _plain(HTTPStatus.BAD_REQUEST, "The query string included invalid characters.")
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001 - every kind is told, here and nowhere else
            return _told(request, error)

    return telling


def tell_refusal(request: Request, problem: Problem, details: str) -> Response:
    """Tell in whichever form the path is of that somebody may not ask for it."""
    if not _OURS.fullmatch(request.url.path):
        return problem_response(request, problem, details)
    if problem.http_status == HTTPStatus.FORBIDDEN:
        return _plain(problem.http_status, "Authorization failed.")
    return _plain(problem.http_status, details + ".")


def _told(request: Request, error: Exception) -> Response:
    match error:
        case InvalidQuery():
            return _plain(HTTPStatus.BAD_REQUEST, error.message)
        case UnsupportedVersion():
            return _unsupported(request, str(error))
        case NotAVersion():
            return Response(status_code=HTTPStatus.NOT_FOUND)
        case Unavailable():
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE, error.message)
        case _:
            # The text of an unknown error may quote a data set: neither told nor logged.
            log.error("request_failed", exc_info=error, method=request.method)
            return _plain(
                HTTPStatus.INTERNAL_SERVER_ERROR, "An error occurred while processing the request."
            )


def _plain(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers=VERSIONS_HEADER)


def _unsupported(request: Request, version: str) -> Response:
    """Write the JSON error of ASP.NET's API versioning."""
    error = {
        "code": "UnsupportedApiVersion",
        "message": f"The HTTP resource that matches the request URI '{request.url.path}'"
        f" does not support the API version '{version}'.",
        "innerError": None,
    }
    return Response(
        json.dumps({"error": error}),
        status_code=HTTPStatus.BAD_REQUEST,
        media_type="application/json; charset=utf-8",
        headers=VERSIONS_HEADER,
    )
