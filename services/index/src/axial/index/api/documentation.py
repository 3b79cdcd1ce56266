"""The documentation of all services: one OpenAPI document, and the page that shows it.

The document is generated (`python -m docs.generate`) from the routes of all services. The page's files are served from
here: an archive stands in networks without the Internet.
"""

import hashlib
import re
from base64 import b64encode
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
_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
# They change with a release of ours only; a day is shorter than between two of them.
_ASSETS_CACHED = {"Cache-Control": "max-age=86400"}


@router.get("/openapi.json")
async def get_openapi() -> Response:
    """Answer this document."""
    return FileResponse(_DOCUMENT, media_type="application/json")


@router.get("/docs")
async def get_page() -> Response:
    """Answer a page that shows the document."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Axial",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
        # Without a validator, which would be somewhere in the Internet.
        swagger_ui_parameters={"validatorUrl": None, "docExpansion": "none"},
    )
    page.headers["Content-Security-Policy"] = _policy(bytes(page.body))
    return page


def _policy(page: bytes) -> str:
    """Say what a browser may run: the files from here, and the script that stands in the page itself."""
    own = _SCRIPT.findall(page)
    hashes = (b64encode(hashlib.sha256(script).digest()).decode() for script in own)
    scripts = " ".join(f"'sha256-{digest}'" for digest in hashes)
    # Swagger UI writes styles into its elements, and shows pictures: its own, and answers.
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@router.get("/docs/{file}")
async def get_asset(file: str) -> Response:
    """Answer a file of the page."""
    media_type = _ASSET_TYPES.get(file)
    if media_type is None:
        raise NotFound
    return FileResponse(_ASSETS / file, media_type=media_type, headers=_ASSETS_CACHED)
