"""What the routes read from requests, and how they answer."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import Level, ResourceId, is_resource_id
from axial.ingest.commands import Accepted

_ASYNC_PREFERENCE = "respond-async"
_JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long answers wait for the index."""

    seconds: float

    def of(self, request: Request) -> tuple[float, dict[str, str]]:
        """How long to wait; the header that acknowledges a wish not to (RFC 7240)."""
        wishes = request.headers.get("prefer", "").lower().split(",")
        if _ASYNC_PREFERENCE in (wish.partition(";")[0].strip() for wish in wishes):
            return 0.0, {"Preference-Applied": _ASYNC_PREFERENCE}
        return self.seconds, {}


def resource_of(request: Request) -> tuple[Level, ResourceId]:
    """Read which resource the path names; what no resource can be called is unknown at once."""
    resource_id = request.path_params["id"]
    if not is_resource_id(resource_id):
        # It cannot exist; the log need not hear of it.
        raise NotFound
    return Level.from_path_name(request.url.path.split("/")[1]), ResourceId(resource_id)


def accepted_json(accepted: Accepted) -> dict[str, object]:
    """Tell of what is durable and not carried out yet."""
    return {"Status": "Accepted", "Sequence": accepted.sequence}


def json_answer(content: object, status: HTTPStatus, headers: dict[str, str]) -> Response:
    """Answer one value."""
    return Response(json.dumps(content), status, headers, _JSON_TYPE)


def text_answer(text: str = "", headers: dict[str, str] | None = None) -> Response:
    """Answer a text, or in no words that it is done; as in Orthanc without the character set that Starlette adds."""
    return Response(text, headers={**(headers or {}), "Content-Type": "text/plain"})
