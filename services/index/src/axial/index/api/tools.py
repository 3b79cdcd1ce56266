"""Small services of Orthanc to its clients: the time, and new identifiers."""

from datetime import UTC, datetime
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import NotFound

router = APIRouter()

_TIME_FORMAT = "%Y%m%dT%H%M%S"


@router.get("/tools/now")
async def get_now() -> Response:
    """Answer the time, UTC."""
    return _text(datetime.now(UTC).strftime(_TIME_FORMAT))


@router.get("/tools/now-local")
async def get_now_local() -> Response:
    """Answer the time where the server stands."""
    return _text(datetime.now(UTC).astimezone().strftime(_TIME_FORMAT))


@router.get("/tools/generate-uid")
async def generate_uid(request: Request) -> Response:
    """Answer a new identifier: a UUID for a patient, a UID made of one otherwise (PS3.5, B.2)."""
    match request.query_params.get("level"):
        case "patient":
            return _text(str(uuid4()))
        case "study" | "series" | "instance":
            return _text(f"2.25.{uuid4().int}")
    raise NotFound


def _text(text: str) -> Response:
    # Orthanc names no character set here.
    return Response(text, headers={"Content-Type": "text/plain"})
