"""Routes for our own services; the edge lets nobody else through to them."""

import ipaddress
from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.errors import Forbidden
from axial.common.service import username
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheConfiguration, TheDatabase, TheProjection

# One statement's worth: the sweeper asks again for more.
_MOST_KEYS = 1000
# What ingest calls the blobs of an event: its identifier, and one of these.
_SUFFIXES = frozenset({".dcm", ".header"})


def refuse_strangers(request: Request, configuration: TheConfiguration) -> None:
    """Let a service's bearer token pass; without credentials to tell by, loopback alone.

    The middleware before us lets in users by their name and services without one.
    """
    if configuration.authentication_required:
        if username(request) != "":
            raise Forbidden
    elif request.client is None or not _is_loopback(request.client.host):
        raise Forbidden


router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers)])


class BlobKeys(BaseModel):
    """Blobs that the sweeper found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[list[str], Field(max_length=_MOST_KEYS)]


@router.post("/blobs/unknown")
async def find_unknown_blobs(
    body: BlobKeys, database: TheDatabase, projection: TheProjection
) -> Response:
    """Answer which blobs neither an instance nor the collector's list knows.

    Only what is called like an event's blob can be unknown: other objects in the store are not ours to
    judge. The events of all older blobs must have been folded first; else a blob whose event waits in the
    log would seem an orphan.
    """
    await projection.caught_up()
    events = {key: _event_id(key) for key in body.keys}
    ours = {key: event_id for key, event_id in events.items() if event_id is not None}
    return answer({"unknown": await database.find_unknown_blobs(ours)})


def _event_id(key: str) -> UUID | None:
    """Read the event from `2026/11/20/2358/<32 hex digits>.dcm`; None when that is not its form."""
    path = PurePosixPath(key)
    if path.suffix not in _SUFFIXES or not (key.isascii() and key.isprintable()):
        return None
    try:
        return UUID(hex=path.stem)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
