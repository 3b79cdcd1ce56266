"""Errors as Orthanc's clients see them: one JSON object, sent as text.

Orthanc describes its errors when `HttpDescribeErrors` is set (its default) and sends the JSON as
`text/plain` (orthanc-rest.md, C.4). Numbers and texts are those of Orthanc's `ErrorCode`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from axial.common import errors
from axial.common.not_offered import why_not_offered
from axial.common.operations import operations

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of error is told."""

    http_status: HTTPStatus
    orthanc_status: int
    orthanc_error: str


#: Every kind of AxialError; a subclass is told like its nearest parent in this table.
PROBLEMS: dict[type[errors.AxialError], Problem] = {
    errors.Rejected: Problem(HTTPStatus.BAD_REQUEST, 8, "Bad request"),
    errors.BadParameter: Problem(HTTPStatus.BAD_REQUEST, 3, "Parameter out of range"),
    errors.BadType: Problem(HTTPStatus.BAD_REQUEST, 5, "Bad type for a parameter"),
    # Orthanc itself says 500 here, as if it were its own fault.
    errors.UnknownTag: Problem(HTTPStatus.BAD_REQUEST, 27, "Unknown DICOM tag"),
    errors.BadJson: Problem(HTTPStatus.BAD_REQUEST, 28, "Cannot parse a JSON document"),
    errors.BadFormat: Problem(HTTPStatus.BAD_REQUEST, 15, "Bad file format"),
    # And here.
    errors.BadSequence: Problem(HTTPStatus.BAD_REQUEST, 6, "Bad sequence of calls"),
    errors.NotDicom: Problem(HTTPStatus.BAD_REQUEST, 15, "Bad file format"),
    # Orthanc says 500 here, too, or gives the file as it is.
    errors.Untranscodable: Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, 3000, "Unsupported media type"
    ),
    errors.TooLarge: Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 8, "Bad request"),
    errors.Unauthorized: Problem(HTTPStatus.UNAUTHORIZED, 29, "Unauthorized"),
    errors.Forbidden: Problem(HTTPStatus.FORBIDDEN, 45, "Access to a resource is forbidden"),
    errors.NotFound: Problem(HTTPStatus.NOT_FOUND, 17, "Unknown resource"),
    errors.Inexistent: Problem(HTTPStatus.NOT_FOUND, 7, "Accessing an inexistent item"),
    errors.InexistentFile: Problem(HTTPStatus.NOT_FOUND, 13, "Inexistent file"),
    errors.Conflict: Problem(
        HTTPStatus.CONFLICT,
        43,
        "A bad revision number was provided, which might indicate conflict between multiple writers",
    ),
    errors.StorageFull: Problem(HTTPStatus.INSUFFICIENT_STORAGE, 19, "The file storage is full"),
    errors.Corrupted: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, 20, "Corrupted file (e.g. inconsistent MD5 hash)"
    ),
    errors.RemoteFailed: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, 9, "Error in the network protocol"
    ),
    errors.NoPresentationContext: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        2015,
        "DicomUserConnection: No acceptable presentation context for modality",
    ),
    errors.FindUnavailable: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        2016,
        "DicomUserConnection: The C-FIND command is not supported by the remote SCP",
    ),
    errors.MoveUnavailable: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        2017,
        "DicomUserConnection: The C-MOVE command is not supported by the remote SCP",
    ),
    errors.GetUnavailable: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        2045,
        "DicomUserConnection: The C-GET command is not supported by the remote SCP",
    ),
    errors.UnableToProcess: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, 9, "Error in the network protocol"
    ),
    errors.JobCancelled: Problem(HTTPStatus.INTERNAL_SERVER_ERROR, 37, "This job was canceled"),
    errors.Unavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        36,
        "The database is currently not available (probably a transient situation)",
    ),
}

# As the edge says when a service is away.
_RETRY_AFTER_SECONDS = 1

_INTERNAL = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, -1, "Internal error")


def problem_of(error: Exception) -> Problem:
    """Find how an error is told; what is not ours is an internal error, and says nothing of its contents."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind]
    return _INTERNAL


def problem_response(
    request: Request,
    problem: Problem,
    details: str = "",
    payload: Mapping[str, object] | None = None,
) -> Response:
    """Write Orthanc's error JSON."""
    body: dict[str, object] = {
        "HttpError": problem.http_status.phrase,
        "HttpStatus": int(problem.http_status),
        "Message": problem.orthanc_error,
        "Method": request.method,
        "OrthancError": problem.orthanc_error,
        "OrthancStatus": problem.orthanc_status,
        "Uri": request.url.path,
    }
    if details and details != problem.orthanc_error:
        body["Details"] = details
    if payload is not None:
        body["ErrorPayload"] = payload
    headers = {"Content-Type": "text/plain"}
    if problem.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return Response(
        json.dumps(body, indent=2) + "\n", status_code=problem.http_status, headers=headers
    )


def told(request: Request, error: Exception) -> Response:
    """Tell an error; what is said of it in words only when it is one of ours."""
    if not isinstance(error, errors.AxialError):
        return problem_response(request, problem_of(error))
    details = error.message.rstrip(".")
    return problem_response(request, problem_of(error), details, error.payload)


def _unrouted(request: Request, status: int, headers: Mapping[str, str] | None) -> Response:
    """Tell that there is no such route here, or in other words if another method or service has the path."""
    if reason := why_not_offered(request.method, request.scope["path"]):
        return problem_response(request, PROBLEMS[errors.NotFound], reason)
    allowed = operations().methods(request.scope["path"])
    if allowed and request.method not in allowed:
        headers = {"Allow": ",".join(allowed)}
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        status = HTTPStatus.METHOD_NOT_ALLOWED
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        # Orthanc answers a wrong method without a body.
        return Response(status_code=status, headers=headers)
    return problem_response(request, PROBLEMS[errors.NotFound])


def tell_problems(app: FastAPI) -> None:
    """Make an application answer its errors in Orthanc's way."""

    async def on_ours(request: Request, error: Exception) -> Response:
        return told(request, error)

    async def on_routing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status in {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_FOUND}:
            return _unrouted(request, status, getattr(error, "headers", None))
        return problem_response(
            request, Problem(HTTPStatus(status), 8, PROBLEMS[errors.Rejected].orthanc_error)
        )

    async def on_validation(request: Request, _error: Exception) -> Response:
        return problem_response(request, PROBLEMS[errors.BadParameter])

    async def on_unknown(request: Request, error: Exception) -> Response:
        log.error("request_failed", exc_info=error, method=request.method)
        response = problem_response(request, _INTERNAL)
        # The server ends the connection after an exception; told so, the edge sends no other request into it.
        response.headers["Connection"] = "close"
        return response

    app.add_exception_handler(errors.AxialError, on_ours)
    app.add_exception_handler(HTTPException, on_routing)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Exception, on_unknown)
