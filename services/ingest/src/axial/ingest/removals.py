"""Instances that the router has delivered and is to delete: the file that it has seen, and no other."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from axial.common.configuration import Configuration
from axial.common.errors import BadParameter, NotFound
from axial.common.identifiers import Level, ResourceId, is_resource_id
from axial.common.internal import refuse_strangers
from axial.common.origins import origin_of
from axial.ingest.commands import Commands, Deleted
from axial.ingest.requests import Waiting, accepted_json, json_answer, text_answer

_MD5 = re.compile('"([0-9a-f]{32})"')


class Removals:
    """Has the fold decide: nobody can put another file in its place, or protect its patient, in between."""

    path = "/internal/instances/{id}"

    def __init__(self, commands: Commands, configuration: Configuration, waiting: Waiting) -> None:
        self._commands = commands
        self._configuration = configuration
        self._waiting = waiting

    async def delete(self, request: Request) -> Response:
        """Delete an instance of the file that `If-Match` names by its MD5; of a protected patient none.

        Raises Forbidden, BadParameter, NotFound, Conflict or Unavailable.
        """
        refuse_strangers(request, self._configuration)
        resource_id = request.path_params["id"]
        if not is_resource_id(resource_id):
            raise NotFound
        named = _MD5.fullmatch(request.headers.get("if-match", ""))
        if named is None:
            raise BadParameter("If-Match must name the file by its MD5")
        wait_seconds, headers = self._waiting.of(request)
        origin = origin_of(request)
        answer = await self._commands.delete(
            Level.INSTANCE,
            ResourceId(resource_id),
            origin.remote_ip,
            origin.http_username,
            wait_seconds,
            if_md5=named[1],
            spares_protected=True,
        )
        if isinstance(answer, Deleted):
            return text_answer(headers=headers)
        return json_answer(accepted_json(answer), HTTPStatus.ACCEPTED, headers)
