"""Which instances are below some resources, with what it takes to send them; a route for our own services."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheFinder, TheProjection, TheSendableReads
from axial.index.api.internal import refuse_strangers_here

router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers_here)])

# As many as anybody names one by one.
_MOST_RESOURCES = 100_000


class Resources(BaseModel):
    """Resources of any levels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resources: Annotated[list[str], Field(max_length=_MOST_RESOURCES)]


@router.post("/outbound")
async def outbound(
    asked: Resources, finder: TheFinder, sendable: TheSendableReads, projection: TheProjection
) -> Response:
    """Answer the levels of resources, and what it takes to send each instance below, once, in the order of sending.

    Of an instance: identifier, SOP class, SOP instance, transfer syntax, size and MD5. 404 when one of the
    resources is not there. What was acknowledged to anybody before is among them.
    """
    await projection.caught_up()
    ids = [ResourceId(name) for name in asked.resources if "\0" not in name]
    levels = await finder.levels(ids)
    if len(ids) < len(asked.resources) or not all(name in levels for name in ids):
        raise NotFound
    instances = await sendable.outbound([(levels[name], name) for name in ids])
    return answer(
        {
            "Resources": [{"ID": name, "Type": levels[name].type_name} for name in ids],
            "Instances": instances,
        }
    )
