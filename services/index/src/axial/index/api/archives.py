"""ZIP archives and DICOM media of resources (orthanc-rest.md, C.9)."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.downloads import disposition
from axial.common.errors import NotFound
from axial.common.identifiers import Level, ResourceId
from axial.index.api.answers import answer
from axial.index.api.archive_requests import (
    ArchiveOptions,
    JobWish,
    job_wish,
    listed_resources,
    options_in_body,
    options_in_query,
    read_body,
    read_resources,
)
from axial.index.api.bodies import read
from axial.index.api.dependencies import (
    PathId,
    TheArchiveReads,
    TheBlobs,
    TheConfiguration,
    TheRouterClient,
    TheTranscoder,
)
from axial.index.api.transcoding import wish_of
from axial.index.archives.reads import ArchiveReads
from axial.index.archives.selection import Lineage, select
from axial.index.archives.stream import archive
from axial.index.archives.transcoding import Transcoding
from axial.index.archives.walk import Form
from axial.index.router_client import RouterClient
from axial.pixels.transcoding.transcoder import Transcoder

router = APIRouter()

_ZIP_TYPE = "application/zip"


class ArchiveResponse(StreamingResponse):
    """A ZIP file that is made while it is sent, and no longer than it is taken."""

    def __init__(
        self, first: bytes, others: AsyncGenerator[bytes, None], headers: dict[str, str]
    ) -> None:
        super().__init__(_all(first, others), headers=headers, media_type=_ZIP_TYPE)
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; nothing goes on for a caller that has gone."""
        async with aclosing(self._others):
            await super().__call__(scope, receive, send)


async def _all(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Put the first piece before the others."""
    yield first
    async for piece in others:
        yield piece


@dataclass(frozen=True, slots=True)
class Archivist:
    """Makes archives."""

    reads: ArchiveReads
    blobs: BlobStore
    configuration: Configuration
    router: RouterClient
    transcoder: Transcoder

    async def answer(
        self,
        ids: Sequence[ResourceId],
        options: ArchiveOptions,
        *,
        is_media: bool,
        level: Level | None = None,
    ) -> Response:
        """Answer the archive of some resources, all of which must be there; raise NotFound."""
        lineages = await self._found(ids)
        name = options.filename or (f"{ids[0]}.zip" if level is not None else "Archive.zip")
        headers = {"Content-Disposition": disposition(name)}
        utf8 = self.configuration.zip_use_utf8 if options.utf8 is None else options.utf8
        form = Form(is_media, options.is_extended, utf8, is_of_a_study=level is Level.STUDY)
        usual_quality = self.configuration.dicom_lossy_transcoding_quality
        wish = wish_of(options.transfer_syntax_uid, options.lossy_quality, usual_quality)
        transcoding = Transcoding(self.transcoder, wish) if wish is not None else None
        pieces = archive(self.blobs, self.reads, select(lineages), form, transcoding)
        # Before anything is sent, so that what fails at once is told as what it is.
        first = await anext(pieces)
        return ArchiveResponse(first, pieces, headers)

    async def promise(
        self, ids: Sequence[ResourceId], request: Request, wish: JobWish, *, is_media: bool
    ) -> Response:
        """Have a job keep the archive that is asked for; answer where it will be. Raise NotFound."""
        await self._found(ids)
        instances, size_bytes = await self.reads.measure(ids)
        return answer(
            await self.router.keep_archive(
                {
                    "type": "Media" if is_media else "Archive",
                    "path": request.url.path,
                    "body": wish.body,
                    "instances": instances,
                    "uncompressed_bytes": size_bytes,
                    "transfer_syntax_uid": wish.options.transfer_syntax_uid,
                    "priority": wish.priority,
                    "user_data": wish.user_data,
                }
            )
        )

    async def _found(self, ids: Sequence[ResourceId]) -> Sequence[Lineage]:
        """Find all the resources; raise NotFound."""
        lineages = await self.reads.lineages(ids)
        if len(lineages) < len(ids):
            raise NotFound
        return lineages


async def archivist(
    reads: TheArchiveReads,
    blobs: TheBlobs,
    configuration: TheConfiguration,
    router_client: TheRouterClient,
    transcoder: TheTranscoder,
) -> Archivist:
    """Prepare to make archives."""
    return Archivist(reads, blobs, configuration, router_client, transcoder)


TheArchivist = Annotated[Archivist, Depends(archivist)]


def _add_one(level: Level, name: str, *, is_media: bool) -> None:
    """Offer the archives of one resource, which may be of another level than the path says, as in Orthanc."""

    async def get_archive(
        request: Request, resource_id: PathId, archivist: TheArchivist
    ) -> Response:
        """Answer an archive."""
        options = options_in_query(request.query_params)
        return await archivist.answer([resource_id], options, is_media=is_media, level=level)

    async def post_archive(
        request: Request, resource_id: PathId, archivist: TheArchivist
    ) -> Response:
        """Answer an archive that is described in the body, or the job that makes it."""
        body = read_body(await read(request))
        options = options_in_body(body)
        wish = job_wish(body, options)
        if wish is not None:
            return await archivist.promise([resource_id], request, wish, is_media=is_media)
        return await archivist.answer([resource_id], options, is_media=is_media, level=level)

    path = f"/{level.path_name}/{{resource_id}}/{name}"
    router.add_api_route(path, get_archive, methods=["GET"])
    router.add_api_route(path, post_archive, methods=["POST"])


def _add_many(path: str, *, is_media: bool, extended: bool = False) -> None:
    """Offer the archives of several resources, of any levels."""

    async def get_archive(request: Request, archivist: TheArchivist) -> Response:
        """Answer an archive of the resources in the query."""
        query = request.query_params
        options = options_in_query(query, extended=extended)
        return await archivist.answer(listed_resources(query), options, is_media=is_media)

    async def post_archive(request: Request, archivist: TheArchivist) -> Response:
        """Answer an archive of the resources in the body, or the job that makes it."""
        body = read_body(await read(request))
        options = options_in_body(body, extended=extended)
        ids, wish = read_resources(body), job_wish(body, options)
        if wish is not None:
            return await archivist.promise(ids, request, wish, is_media=is_media)
        return await archivist.answer(ids, options, is_media=is_media)

    router.add_api_route(path, get_archive, methods=["GET"])
    router.add_api_route(path, post_archive, methods=["POST"])


for _level in (Level.PATIENT, Level.STUDY, Level.SERIES):
    _add_one(_level, "archive", is_media=False)
    _add_one(_level, "media", is_media=True)
_add_many("/tools/create-archive", is_media=False)
_add_many("/tools/create-media", is_media=True)
_add_many("/tools/create-media-extended", is_media=True, extended=True)
