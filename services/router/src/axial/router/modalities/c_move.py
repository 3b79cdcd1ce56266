"""What a peer asked of the gateway by C-MOVE, without waiting: sent by a job, whatever becomes of the gateway."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.configuration import Configuration
from axial.common.errors import NotFound
from axial.common.internal import refuse_strangers
from axial.common.known_modalities import KnownModalities
from axial.common.modalities import Modality, same_title
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.destinations.modality import Means
from axial.router.index_client import Expanded, Outbound
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import JobOptions, answer_job
from axial.router.jobs.sending import content_of, parameters_of
from axial.router.modalities.storing import STORE_JOB


class MoveWish(BaseModel):
    """Instances that a peer wants to be sent to a third party, or to itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The AE title of who is to get them.
    destination: str
    #: Of each: identifier, SOP class, SOP instance, transfer syntax.
    instances: list[tuple[str, str, str, str]]
    originator_aet: str
    originator_id: Annotated[int, Field(ge=0, le=0xFFFF)]


def c_move_routes(
    known: KnownModalities, means: Means, jobs: Submission, configuration: Configuration
) -> APIRouter:
    """Make the route, which is for the gateway alone."""

    async def refuse_strangers_here(request: Request) -> None:
        refuse_strangers(request, configuration)

    router = APIRouter(prefix="/internal/jobs", dependencies=[Depends(refuse_strangers_here)])

    async def find(aet: str) -> tuple[str, Modality]:
        is_strict = configuration.strict_aet_comparison
        for name, modality in (await known.current()).items():
            if same_title(modality.aet, aet, is_strict=is_strict):
                return name, modality
        raise NotFound

    async def move(wish: MoveWish) -> Response:
        """Begin to send, and answer where it can be watched; 404 when nobody is known by the title."""
        name, modality = await find(wish.destination)
        destination = means.to(modality)
        expanded = Expanded([], [Outbound(Instance(*row), 0, "") for row in wish.instances])
        parameters = parameters_of(
            expanded, name, originator=Originator(wish.originator_aet, wish.originator_id)
        )
        content = content_of(expanded) | {
            "Description": "C-MOVE",
            "LocalAet": destination.calling_aet,
            "RemoteAet": modality.aet,
            "MoveOriginatorAET": wish.originator_aet,
            "MoveOriginatorID": wish.originator_id,
        }
        return await answer_job(
            jobs,
            JobOptions(is_synchronous=False),
            STORE_JOB,
            {**parameters, **destination.parameters(), "commitment": False},
            content,
        )

    router.add_api_route("/c-move", move, methods=["POST"])
    return router
