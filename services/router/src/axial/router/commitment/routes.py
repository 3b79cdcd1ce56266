"""The routes of storage commitment: Orthanc's, and the gateway's."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from axial.common.configuration import Configuration
from axial.common.errors import BadSequence, Inexistent
from axial.common.identifiers import ResourceId
from axial.common.internal import refuse_strangers
from axial.dimse.messages.commitments import Reference
from axial.router.commitment.bodies import ReportBody, RequestBody, read_wish
from axial.router.commitment.correspondents import Correspondents
from axial.router.commitment.provision import Provision
from axial.router.commitment.removal import Removal
from axial.router.commitment.reports import Reports
from axial.router.commitment.requests import Requests
from axial.router.commitment.transactions import shown
from axial.router.index_client import IndexClient
from axial.router.jobs.requests import answer_json


def commitment_routes(
    correspondents: Correspondents,
    index: IndexClient,
    requests: Requests,
    reports: Reports,
    removal: Removal,
) -> APIRouter:
    """Make the routes for users."""
    router = APIRouter()

    async def request_commitment(modality_id: str, request: Request) -> Response:
        """Ask a modality to commit itself to keeping instances."""
        wish = await read_wish(request)
        modality = await correspondents.named(modality_id)
        peer = correspondents.peer(modality, timeout=wish.timeout)
        here = await _instances(index, wish.resources)
        uid = await requests.send(peer, (*here, *wish.references))
        return answer_json({"ID": uid, "Path": f"/storage-commitment/{uid}"})

    async def get_report(transaction_uid: str) -> Response:
        """Tell what a modality has committed itself to."""
        return answer_json(shown(await reports.find(transaction_uid)))

    async def remove(transaction_uid: str, request: Request) -> Response:
        """Delete the instances that a modality has committed itself to, if it has to all that were asked for."""
        transaction = await reports.find(transaction_uid)
        if not transaction.is_successful:
            raise BadSequence(
                "Cannot remove DICOM instances after failure in storage commitment transaction:"
                f" {transaction_uid}"
            )
        accepted = await removal.remove(transaction.committed, _on_behalf(request))
        if accepted is not None:
            return JSONResponse(dict(accepted), HTTPStatus.ACCEPTED)
        return answer_json({})

    router.add_api_route(
        "/modalities/{modality_id}/storage-commitment", request_commitment, methods=["POST"]
    )
    router.add_api_route("/storage-commitment/{transaction_uid}", get_report, methods=["GET"])
    router.add_api_route("/storage-commitment/{transaction_uid}/remove", remove, methods=["POST"])
    return router


def commitment_doors(
    configuration: Configuration, provision: Provision, reports: Reports
) -> APIRouter:
    """Make the routes for the gateway."""

    async def refuse_strangers_here(request: Request) -> None:
        refuse_strangers(request, configuration)

    router = APIRouter(
        prefix="/internal/storage-commitment", dependencies=[Depends(refuse_strangers_here)]
    )

    async def take_request(body: RequestBody) -> Response:
        """Take over what a modality asks for with N-ACTION."""
        await provision.take(body)
        return answer_json({})

    async def take_report(body: ReportBody) -> Response:
        """Take over what a modality reports with N-EVENT-REPORT; 404 when it was not asked."""
        if not await reports.take(body.remote_aet, body.value()):
            raise Inexistent("This transaction was not asked for, or is forgotten")
        return answer_json({})

    router.add_api_route("/requests", take_request, methods=["POST"])
    router.add_api_route("/reports", take_report, methods=["POST"])
    return router


async def _instances(index: IndexClient, resources: Sequence[ResourceId]) -> list[Reference]:
    if not resources:
        return []
    expanded = await index.expand(resources)
    return [
        Reference(outbound.instance.sop_class_uid, outbound.instance.sop_instance_uid)
        for outbound in expanded.instances
    ]


def _on_behalf(request: Request) -> dict[str, str]:
    """Say for whom it is done: the event of a deletion names its user and address."""
    headers = {}
    if authorization := request.headers.get("authorization"):
        headers["Authorization"] = authorization
    if request.client is not None:
        headers["X-Forwarded-For"] = request.client.host
    return headers
