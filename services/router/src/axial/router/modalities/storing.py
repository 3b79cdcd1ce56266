"""The route of C-STORE: what is here goes to a modality, as a job."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.known_modalities import KnownModalities
from axial.dimse.sending.sub_operation import Originator
from axial.router.bodies import read_body
from axial.router.destinations.modality import Means
from axial.router.index_client import IndexClient
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import answer_job, read_options
from axial.router.jobs.resources import read_resources
from axial.router.jobs.sending import content_of, parameters_of
from axial.router.modalities.forms import (
    modality_named,
    overruled,
    read_flag,
    read_originator,
    read_timeout,
)
from axial.router.modalities.managing import current

STORE_JOB = "DicomModalityStore"


def storing_routes(
    known: KnownModalities, means: Means, index: IndexClient, jobs: Submission
) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    async def store(modality_id: str, request: Request) -> Response:
        """Send resources to a modality (C-STORE)."""
        ids, body = read_resources(await read_body(request))
        options = read_options(body)
        timeout = read_timeout(body)
        said = read_originator(body, means.reach.own_aet)
        commits = read_flag(body, "StorageCommitment")
        expanded = await index.expand(ids)
        modality = overruled(modality_named(await current(known), modality_id), body)
        destination = means.to(modality, timeout=timeout)
        parameters = parameters_of(
            expanded,
            modality_id,
            is_permissive=options.is_permissive,
            originator=Originator(*said) if said else None,
        )
        parameters |= {**destination.parameters(), "commitment": commits}
        content = content_of(expanded)
        content |= {"LocalAet": destination.calling_aet, "RemoteAet": modality.aet}
        if said:
            content |= {"MoveOriginatorAET": said[0], "MoveOriginatorID": said[1]}
        return await answer_job(jobs, options, STORE_JOB, parameters, content)

    router.add_api_route("/modalities/{modality_id}/store", store, methods=["POST"])
    return router
