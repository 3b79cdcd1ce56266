"""The routes of ingest."""

import json
import re
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from axial.common.errors import AxialError, NotFound, Rejected, StorageFull, Unavailable
from axial.common.events import Origin
from axial.common.identifiers import Level, ResourceId
from axial.common.service import username
from axial.ingest.commands import Accepted, Commands, Deleted
from axial.ingest.metrics import IngestMetrics
from axial.ingest.receive import Receipt
from axial.ingest.uploads import Uploads

_RESOURCE_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{8}){4}")
_ASYNC_PREFERENCE = "respond-async"
# nginx's code for a sender who left; nobody reads it but the metrics.
_CLIENT_CLOSED_REQUEST = 499


class _NamedRoute(Route):
    """A plain route that tells the metrics its template, as FastAPI's own routes do."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        await super().handle(scope, receive, send)


class IngestApi:
    """Answers uploads and commands, in Orthanc's JSON (orthanc-rest.md, C.4).

    The routes are Starlette's own: FastAPI's parsing of arguments has nothing to do here, and doubles what a
    request costs before it reaches us (measured: 104 µs against 49 µs).
    """

    def __init__(
        self,
        uploads: Uploads,
        commands: Commands,
        outcome_wait_seconds: float,
        metrics: IngestMetrics,
    ) -> None:
        self._uploads = uploads
        self._commands = commands
        self._outcome_wait_seconds = outcome_wait_seconds
        self._metrics = metrics

    def add_to(self, app: FastAPI) -> None:
        """Add the routes to an application."""
        app.router.routes.append(_NamedRoute("/instances", self.post_instances, methods=["POST"]))
        for level in Level:
            path = f"/{level.path_name}/{{id}}"
            app.router.routes.append(_NamedRoute(path, self.delete_resource, methods=["DELETE"]))
        app.router.routes.append(_NamedRoute("/changes", self.delete_changes, methods=["DELETE"]))

    async def post_instances(self, request: Request) -> Response:
        """Store the file, the files of a form, or those of a ZIP."""
        wait_seconds, headers = self._preference(request)
        try:
            taken = await self._uploads.take(request, origin_of(request), wait_seconds)
        except ClientDisconnect:
            self._metrics.refused.labels("disconnected").inc()
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        except AxialError as error:
            # The connection stays, and what may still come of the body is read and dropped (RFC 9110, 10.1.1):
            # closed under a sender that goes on, it would be reset, and the answer lost with it.
            self._metrics.refused.labels(_code_of(error)).inc()
            raise
        receipts = taken if isinstance(taken, list) else [taken]
        answers = [_receipt_json(receipt) for receipt in receipts]
        late = any(receipt.status == "Accepted" for receipt in receipts)
        status = HTTPStatus.ACCEPTED if late else HTTPStatus.OK
        return _json(answers if isinstance(taken, list) else answers[0], status, headers)

    async def delete_resource(self, request: Request) -> Response:
        """Delete a patient, study, series or instance."""
        resource_id = request.path_params["id"]
        if not _RESOURCE_ID.fullmatch(resource_id):
            # It cannot exist; the log need not hear of it.
            raise NotFound
        wait_seconds, headers = self._preference(request)
        level = Level.from_path_name(request.url.path.split("/")[1])
        origin = origin_of(request)
        answer = await self._commands.delete(
            level, ResourceId(resource_id), origin.remote_ip, origin.http_username, wait_seconds
        )
        if isinstance(answer, Deleted):
            return _json(_deleted_json(answer), HTTPStatus.OK, headers)
        accepted = _resource_json(level, resource_id) | _accepted_json(answer)
        return _json(accepted, HTTPStatus.ACCEPTED, headers)

    async def delete_changes(self, request: Request) -> Response:
        """Empty Orthanc's view of the changes (orthanc-rest.md, C.2): the history itself stays."""
        wait_seconds, headers = self._preference(request)
        origin = origin_of(request)
        accepted = await self._commands.clear_changes(
            origin.remote_ip, origin.http_username, wait_seconds
        )
        if accepted:
            return _json(_accepted_json(accepted), HTTPStatus.ACCEPTED, headers)
        return Response("", HTTPStatus.OK, headers, "text/plain")

    def _preference(self, request: Request) -> tuple[float, dict[str, str]]:
        """How long to wait for the index; the header that acknowledges a wish not to (RFC 7240)."""
        wishes = request.headers.get("prefer", "").lower().split(",")
        if _ASYNC_PREFERENCE in (wish.partition(";")[0].strip() for wish in wishes):
            return 0.0, {"Preference-Applied": _ASYNC_PREFERENCE}
        return self._outcome_wait_seconds, {}


def origin_of(request: Request) -> Origin:
    """Where a request comes from.

    The address is the client's own when a trusted proxy names it in `X-Forwarded-For`: uvicorn has replaced
    it then. It trusts a proxy on loopback, as well as those listed in its variable `FORWARDED_ALLOW_IPS`.
    """
    address = request.client.host if request.client else ""
    return Origin(protocol="RestApi", remote_ip=address, http_username=username(request))


def _receipt_json(receipt: Receipt) -> dict[str, object]:
    ids = receipt.ids
    answer: dict[str, object] = {
        "ID": ids.instance,
        "ParentPatient": ids.patient,
        "ParentSeries": ids.series,
        "ParentStudy": ids.study,
        "Path": f"/instances/{ids.instance}",
        "Status": receipt.status,
    }
    if receipt.status == "Accepted":
        answer["Sequence"] = receipt.sequence
    return answer


def _accepted_json(accepted: Accepted) -> dict[str, object]:
    return {"Status": "Accepted", "Sequence": accepted.sequence}


def _deleted_json(deleted: Deleted) -> dict[str, object]:
    ancestor = deleted.remaining_ancestor
    return {
        "RemainingAncestor": ancestor and _resource_json(ancestor.level, ancestor.id),
    }


def _resource_json(level: Level, resource_id: str) -> dict[str, object]:
    return {
        "ID": resource_id,
        "Path": f"/{level.path_name}/{resource_id}",
        "Type": level.type_name,
    }


def _json(content: object, status: HTTPStatus, headers: dict[str, str]) -> Response:
    return Response(json.dumps(content), status, headers, "application/json")


def _code_of(error: AxialError) -> str:
    if isinstance(error, Rejected):
        return error.code
    if isinstance(error, StorageFull):
        return "storage_full"
    return "unavailable" if isinstance(error, Unavailable) else "internal"
