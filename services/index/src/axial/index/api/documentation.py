"""The documentation of all services: one OpenAPI document, and the page that shows it.

The document is generated (`python -m docs.generate`) from the routes of all services. The page's files are served from
here: an archive stands in networks without the Internet.
"""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, Response

from axial.common.errors import NotFound

router = APIRouter()

_DOCUMENT = Path(str(files("axial.index.api").joinpath("openapi.json")))
_ASSETS = Path(str(files("fastapi_offline").joinpath("static")))
_ASSET_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# They change with a release of ours only; a day is shorter than between two of them.
_ASSETS_CACHED = {"Cache-Control": "max-age=86400"}


@router.get("/openapi.json")
async def get_openapi() -> Response:
    """Answer this document."""
    return FileResponse(_DOCUMENT, media_type="application/json")


@router.get("/docs")
async def get_page() -> Response:
    """Answer a page that shows the document."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Axial",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
        # Without a validator, which would be somewhere in the Internet.
        swagger_ui_parameters={"validatorUrl": None, "docExpansion": "none"},
    )


@router.get("/docs/{file}")
async def get_asset(file: str) -> Response:
    """Answer a file of the page."""
    media_type = _ASSET_TYPES.get(file)
    if media_type is None:
        raise NotFound
    return FileResponse(_ASSETS / file, media_type=media_type, headers=_ASSETS_CACHED)
