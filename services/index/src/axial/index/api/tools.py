"""Small services of Orthanc to its clients: the time, new identifiers, figures, what there is."""

import time
from datetime import UTC, datetime
from importlib.metadata import version
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import NotFound, Unavailable
from axial.common.not_offered import why_not_offered
from axial.index.api.answers import answer, answer_text
from axial.index.api.bodies import read
from axial.index.api.dependencies import (
    TheConfiguration,
    TheDatabase,
    TheRouterClient,
    TheRuntime,
)
from axial.index.conformance import statement
from axial.index.orthanc_metrics import Figures, exposition

router = APIRouter()

# All that Orthanc 1.12.11 has under `/tools`.
_ORTHANCS_TOOLS = (
    "accepted-sop-classes", "accepted-transfer-syntaxes", "bulk-anonymize", "bulk-content", "bulk-delete",
    "bulk-modify", "count-resources", "create-archive", "create-dicom", "create-media", "create-media-extended",
    "default-encoding", "dicom-conformance", "dicom-echo", "execute-script", "find", "generate-uid",
    "invalidate-tags", "labels", "log-level", "log-level-dicom", "log-level-generic", "log-level-http",
    "log-level-jobs", "log-level-lua", "log-level-plugins", "log-level-sqlite", "lookup", "metrics",
    "metrics-prometheus", "now", "now-local", "reconstruct", "reset", "shutdown", "unknown-sop-class-accepted",
)  # fmt: skip
_TIME_FORMAT = "%Y%m%dT%H%M%S"


@router.get("/tools")
async def list_tools() -> Response:
    """Answer which tools there are."""
    return answer(
        [name for name in _ORTHANCS_TOOLS if why_not_offered("POST", f"/tools/{name}") is None]
    )


@router.get("/tools/now")
async def get_now() -> Response:
    """Answer the time, UTC."""
    return answer_text(datetime.now(UTC).strftime(_TIME_FORMAT))


@router.get("/tools/now-local")
async def get_now_local() -> Response:
    """Answer the time where the server stands."""
    return answer_text(datetime.now(UTC).astimezone().strftime(_TIME_FORMAT))


@router.get("/tools/generate-uid")
async def generate_uid(request: Request) -> Response:
    """Answer a new identifier: a UUID for a patient, a UID made of one otherwise (PS3.5, B.2)."""
    match request.query_params.get("level"):
        case "patient":
            return answer_text(str(uuid4()))
        case "study" | "series" | "instance":
            return answer_text(f"2.25.{uuid4().int}")
    raise NotFound


@router.get("/tools/dicom-conformance")
async def get_conformance(configuration: TheConfiguration, runtime: TheRuntime) -> Response:
    """Answer the DICOM conformance statement."""
    await runtime.caught_up()
    return answer_text(statement(configuration, runtime.settings, version("axial-index")))


@router.get("/tools/metrics-prometheus")
async def get_metrics(
    runtime: TheRuntime, database: TheDatabase, router_client: TheRouterClient
) -> Response:
    """Answer figures under Orthanc's names; nothing when metrics are switched off."""
    await runtime.caught_up()
    text = b""
    if runtime.settings.metrics_enabled:
        totals = await database.read_totals()
        last_change = await database.read_last_change()
        try:
            jobs = await router_client.count_jobs()
        except Unavailable:
            jobs = {}
        text = exposition(Figures(totals, last_change, time.time(), jobs))
    return Response(text, headers={"Content-Type": "text/plain; version=0.0.4"})


@router.post("/tools/invalidate-tags")
async def invalidate_tags(request: Request) -> Response:
    """Forget what was made of the files' tags besides the index: nothing is, they are read anew each time."""
    await read(request)
    return answer_text("")
