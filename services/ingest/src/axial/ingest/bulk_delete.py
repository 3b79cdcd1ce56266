"""Deleting many resources in one request: Orthanc's `/tools/bulk-delete`."""

import json
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from axial.common.errors import BadFormat, Rejected
from axial.common.identifiers import ResourceId, is_resource_id
from axial.common.origins import origin_of
from axial.ingest.bodies import body_of, check_declared_size
from axial.ingest.commands import Commands
from axial.ingest.requests import (
    Waiting,
    accepted_json,
    json_answer,
    text_answer,
)

# A hundred thousand identifiers.
_LARGEST_BYTES = 8 * 1024 * 1024


class BulkDelete:
    """Answers the route; what is not there is no error, as in Orthanc."""

    def __init__(self, commands: Commands, waiting: Waiting) -> None:
        self._commands = commands
        self._waiting = waiting

    async def post(self, request: Request) -> Response:
        """Delete all that is named; the answer comes when all of it is decided."""
        wait_seconds, headers = self._waiting.of(request)
        check_declared_size(request, _LARGEST_BYTES)
        body = b"".join([chunk async for chunk in body_of(request, _LARGEST_BYTES)])
        origin = origin_of(request)
        accepted = await self._commands.delete_all(
            read_resources(body), origin.remote_ip, origin.http_username, wait_seconds
        )
        if accepted:
            return json_answer(accepted_json(accepted), HTTPStatus.ACCEPTED, headers)
        return text_answer(headers=headers)


def read_resources(body: bytes) -> list[ResourceId]:
    """Read what is to go; what no resource can be called need not be asked for."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Rejected("bad_request", "The body must contain a JSON object")
    named = asked.get("Resources")
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise BadFormat("List of strings expected in field: Resources")
    return [ResourceId(name) for name in named if is_resource_id(name)]
