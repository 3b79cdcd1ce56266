"""Routes for our own services; the edge lets nobody else through to them."""

from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import Level
from axial.common.internal import refuse_strangers
from axial.index.annotation_reads import StoredAttachment
from axial.index.api.answers import answer
from axial.index.api.dependencies import (
    PathId,
    TheAnnotations,
    TheConfiguration,
    TheDatabase,
    TheProjection,
)

# One statement's worth: the sweeper asks again for more.
_MOST_KEYS = 1000
# What ingest calls the blobs of an event: its identifier, and one of these.
_SUFFIXES = frozenset({".dcm", ".header", ".attachment"})


async def refuse_strangers_here(request: Request, configuration: TheConfiguration) -> None:
    """Refuse whoever is no service of ours."""
    refuse_strangers(request, configuration)


router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers_here)])


class BlobKeys(BaseModel):
    """Blobs that the sweeper found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[list[str], Field(max_length=_MOST_KEYS)]


@router.post("/blobs/unknown")
async def find_unknown_blobs(
    body: BlobKeys, database: TheDatabase, projection: TheProjection
) -> Response:
    """Answer which blobs neither an instance, nor an attachment, nor the collector's list knows.

    Only what is called like an event's blob can be unknown: other objects in the store are not ours to
    judge. The events of all older blobs must have been folded first; else a blob whose event waits in the
    log would seem an orphan.
    """
    await projection.caught_up()
    events = {key: _event_id(key) for key in body.keys}
    ours = {key: event_id for key, event_id in events.items() if event_id is not None}
    return answer({"unknown": await database.find_unknown_blobs(ours)})


@router.get("/files/{level_name}/{resource_id}/{number}")
async def find_file(
    level_name: str,
    resource_id: PathId,
    number: int,
    annotations: TheAnnotations,
    projection: TheProjection,
) -> Response:
    """Answer where the bytes of an attachment are, and in which form; nothing that the log tells is missing yet."""
    await projection.caught_up()
    try:
        level = Level.from_path_name(level_name)
    except KeyError:
        raise NotFound from None
    found = await annotations.attachments(level, resource_id)
    file = await annotations.attached_file(resource_id) if level is Level.INSTANCE else None
    for attachment in [file, *found]:
        if attachment is not None and attachment.number == number:
            return answer(_form_of(attachment))
    raise NotFound


def _form_of(attachment: StoredAttachment) -> dict[str, object]:
    return {
        "blob_key": attachment.blob_key,
        "size_bytes": attachment.size_bytes,
        "md5": attachment.md5,
        "is_compressed": attachment.blob.is_compressed,
    }


def _event_id(key: str) -> UUID | None:
    """Read the event from `2026/11/20/2358/<32 hex digits>.dcm`; None when that is not its form."""
    path = PurePosixPath(key)
    if path.suffix not in _SUFFIXES or not (key.isascii() and key.isprintable()):
        return None
    try:
        return UUID(hex=path.stem)
    except ValueError:
        return None


@router.get("/caught-up")
async def caught_up(projection: TheProjection) -> Response:
    """Answer once everything that is in the log now can be seen here; 503 when that takes too long."""
    await projection.caught_up()
    return answer({})
