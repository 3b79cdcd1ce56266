"""Orthanc's plugins: there are none."""

from fastapi import APIRouter
from starlette.responses import Response

from axial.index.api.answers import answer

router = APIRouter()

# Orthanc lists its own script among its plugins, and so does not end up with an empty list.
_SCRIPT = "explorer.js"


@router.get("/plugins")
async def list_plugins() -> Response:
    """Answer the names of the plugins."""
    return answer([_SCRIPT])


@router.get(f"/plugins/{_SCRIPT}")
async def get_script() -> Response:
    """Answer what plugins add to Orthanc's own pages: a comment."""
    text = "// Extensions to Orthanc Explorer by the registered plugins\n\n"
    return Response(text, headers={"Content-Type": "application/javascript"})
