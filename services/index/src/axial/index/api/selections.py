"""Which instances a peer asks for by their DICOM identifiers; a route for our own services."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.identifiers import Level
from axial.index.api.answers import answer, answer_list
from axial.index.api.dependencies import TheFinder, TheProjection, TheSendableReads
from axial.index.api.internal import refuse_strangers_here
from axial.index.find.finder import Finder
from axial.index.find.query import FindQuery
from axial.index.matching import Constraint, Relation
from axial.index.sendable import SendableReads

_SOP_INSTANCE_UID = 0x00080018
_TAGS = {
    "PatientID": 0x00100020,
    "AccessionNumber": 0x00080050,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "SOPInstanceUID": _SOP_INSTANCE_UID,
}

# Whoever wants to know of more asks again.
_MOST_UIDS = 1000

router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers_here)])

Key = Literal[
    "PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"
]


class Selection(BaseModel):
    """Resources of one level; each attribute must have one of its values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["Patient", "Study", "Series", "Instance"]
    keys: Annotated[dict[Key, Annotated[tuple[str, ...], Field(min_length=1)]], Field(min_length=1)]


@router.post("/selected-instances")
async def selected_instances(
    selection: Selection, finder: TheFinder, sendable: TheSendableReads, projection: TheProjection
) -> Response:
    """Answer `[identifier, SOP class, SOP instance, transfer syntax]` of each instance, in the order of sending.

    What was acknowledged to anybody before is among them.
    """
    await projection.caught_up()
    return await answer_list(_selected(selection, finder, sendable))


class Uids(BaseModel):
    """UIDs of instances."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sop_instance_uids: Annotated[list[str], Field(max_length=_MOST_UIDS)]


@router.post("/held-instances")
async def held_instances(
    asked: Uids, sendable: TheSendableReads, projection: TheProjection
) -> Response:
    """Answer of each instance with one of these UIDs where its file is, and what it should be.

    `[identifier, SOP class, SOP instance, blob, size, MD5, compressed size, compressed MD5]`, the latter two null
    unless the blob is compressed. What was acknowledged to anybody before is among them.
    """
    await projection.caught_up()
    uids = [uid for uid in asked.sop_instance_uids if "\0" not in uid]
    return answer({"Instances": await sendable.held(uids)})


async def _selected(
    selection: Selection, finder: Finder, sendable: SendableReads
) -> AsyncIterator[Sequence[object]]:
    level = Level.from_type_name(selection.level)
    query = FindQuery(
        level,
        tuple(_constraint(_TAGS[name], values) for name, values in selection.keys.items()),
    )
    async for ids in finder.find(query):
        async for page in sendable.below(level, ids):
            if page:  # what was found may be gone by now
                yield page


def _constraint(tag: int, values: tuple[str, ...]) -> Constraint:
    """Ask for identifiers as they are compared everywhere: an instance's exactly, for its index holds it so."""
    return Constraint(tag, Relation.ONE_OF, values, case_sensitive=tag == _SOP_INSTANCE_UID)
