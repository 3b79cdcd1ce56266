"""What routing rules ask of instances; a route for our own services."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.attributes import format_tag
from axial.common.identifiers import Level, ResourceId
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheRoutingReads, TheTagReader
from axial.index.api.internal import refuse_strangers_here
from axial.index.find.values import text_of

router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers_here)])

# Read by one statement; the router asks again for more.
_MOST_INSTANCES = 1000
# More than the attributes of all rules together: each looks at 200, and there are some hundreds.
_MOST_TAGS = 200_000
_HIGHEST_TAG = 0xFFFFFFFF
# Request Attributes Sequence: the one sequence among the main tags, of which the index keeps texts.
_FROM_FILES = frozenset({0x00400275})


class RoutingQuestion(BaseModel):
    """Instances, and the attributes that the rules look at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instances: Annotated[list[str], Field(max_length=_MOST_INSTANCES)]
    tags: Annotated[
        list[Annotated[int, Field(ge=0, le=_HIGHEST_TAG)]], Field(max_length=_MOST_TAGS)
    ]


@router.post("/routing-facts")
async def routing_facts(
    asked: RoutingQuestion, routing: TheRoutingReads, tags: TheTagReader
) -> Response:
    """Answer what is known of each instance that is there, in the order in which they are named.

    It is as old as the projection: whoever learnt of an instance from the feed finds it here, unless it is gone.
    Of the attributes only those that are asked for: a text, or an empty one for what is there without any; of a
    sequence how many items it has.
    """
    ids = [ResourceId(name) for name in asked.instances if "\0" not in name]
    rows = await routing.facts(ids)
    found = [ResourceId(row["ID"]) for row in rows]
    values = await tags.values(
        Level.INSTANCE, found, frozenset(asked.tags), _FROM_FILES.intersection(asked.tags)
    )
    return answer([row | {"Tags": _texts(values[row["ID"]])} for row in rows])


def _texts(values: dict[int, Any]) -> dict[str, str]:
    """Write what is there; what a file lacks is a None among the values."""
    return {format_tag(tag): _text(value) for tag, value in values.items() if value is not None}


def _text(value: Any) -> str:
    items = value["Value"] if isinstance(value, dict) else None
    if isinstance(items, list):
        return str(len(items)) if items else ""
    return text_of(value) or ""
