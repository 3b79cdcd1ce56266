"""The route of C-STORE of a file that comes with the request, and is not kept."""

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import StorageFull, StorageUnavailable
from axial.common.header import read_header
from axial.common.known_modalities import KnownModalities
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Instance
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Verdict
from axial.router.jobs.requests import answer_json
from axial.router.jobs.sending import failure_of
from axial.router.modalities.forms import modality_named
from axial.router.modalities.managing import current
from axial.router.uploads import Upload

_PIECE_BYTES = 256 * 1024


def straight_routes(
    known: KnownModalities, means: Means, spool_dir: Path, limit_bytes: int
) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    async def store_straight(modality_id: str, request: Request) -> Response:
        """Send the file in the body to a modality (C-STORE), without keeping it."""
        modality = modality_named(await current(known), modality_id)
        async with _arrived(request, spool_dir, limit_bytes) as file:
            header = await asyncio.to_thread(read_header, file)
            instance = Instance(
                "", header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax_uid
            )
            # As in Orthanc it goes as it is: whoever transcodes has only what is kept.
            destination = replace(means, files=_OneFile(file), conversion=None).to(modality)
            async with destination.line([kind_of(instance)]) as line:
                outcome = await line.send(instance)
        if outcome.verdict is not Verdict.DELIVERED:
            raise failure_of(outcome).error
        return answer_json(
            {
                "SOPClassUID": instance.sop_class_uid,
                "SOPInstanceUID": instance.sop_instance_uid,
            }
        )

    router.add_api_route(
        "/modalities/{modality_id}/store-straight", store_straight, methods=["POST"]
    )
    return router


@dataclass(frozen=True, slots=True)
class _OneFile:
    """The one file that there is."""

    file: BinaryIO

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[AsyncIterator[bytes]]:  # noqa: ARG002
        """Read it from its beginning."""
        self.file.seek(0)
        yield self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self.file.read, _PIECE_BYTES):
            yield piece


@asynccontextmanager
async def _arrived(request: Request, spool_dir: Path, limit_bytes: int) -> AsyncIterator[BinaryIO]:
    """Take a body in whole before anything is sent: a slow client must not keep a modality waiting."""
    file = await asyncio.to_thread(_unnamed, spool_dir)
    try:
        async for piece in Upload(request, limit_bytes):
            await asyncio.to_thread(_write, file, piece)
        yield file
    finally:
        # What could not be written is tried once more.
        with suppress(OSError):
            file.close()


def _write(file: BinaryIO, piece: bytes) -> None:
    try:
        file.write(piece)
        file.flush()
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise (StorageFull if full else StorageUnavailable) from error


def _unnamed(folder: Path) -> BinaryIO:
    """Open a file that is gone when it is closed, or with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise StorageUnavailable from error
