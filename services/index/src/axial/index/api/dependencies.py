"""What routes are given: the collaborators that the application keeps in its state.

All are coroutines, though they wait for nothing: FastAPI calls a plain function in a thread, for each request.
"""

from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId, is_resource_id
from axial.common.reading import Reading
from axial.common.runtime import RuntimeSettings
from axial.index.annotation_reads import AnnotationReads
from axial.index.archives.reads import ArchiveReads
from axial.index.damage_reads import DamageReads
from axial.index.database import Database
from axial.index.export_reads import ExportReads
from axial.index.find.finder import Finder
from axial.index.find.tags import TagReader
from axial.index.headers import Headers
from axial.index.images.drawers import Drawers
from axial.index.router_client import RouterClient
from axial.index.routing_facts import RoutingReads
from axial.index.sendable import SendableReads
from axial.index.trash_reads import TrashReads
from axial.index.turns import Turns
from axial.pixels.transcoding.transcoder import Transcoder


class Projection(Protocol):
    """Whoever knows how far the projection is."""

    async def caught_up(self) -> None:
        """Return once every event that is in the log now has been projected; else raise Unavailable."""


class RuntimeView(Protocol):
    """Whoever knows what was changed at run time."""

    @property
    def settings(self) -> RuntimeSettings:
        """What holds now."""

    async def caught_up(self) -> None:
        """Return once every change that is in the log now is among the settings; else raise Unavailable."""


async def database(request: Request) -> Database:
    """Give the projection's tables."""
    return cast("Database", request.app.state.database)


async def blobs(request: Request) -> BlobStore:
    """Give the blob store."""
    return cast("BlobStore", request.app.state.blobs)


async def annotations(request: Request) -> AnnotationReads:
    """Give what users attached to resources."""
    return cast("AnnotationReads", request.app.state.annotations)


async def exports(request: Request) -> ExportReads:
    """Give the log of exports."""
    return cast("ExportReads", request.app.state.exports)


async def damages(request: Request) -> DamageReads:
    """Give the damaged blobs."""
    return cast("DamageReads", request.app.state.damages)


async def trash(request: Request) -> TrashReads:
    """Give the trash."""
    return cast("TrashReads", request.app.state.trash)


async def headers(request: Request) -> Headers:
    """Give what reads instances' headers."""
    return cast("Headers", request.app.state.headers)


async def reading(request: Request) -> Reading:
    """Tell how files are read at the moment."""
    return cast("Reading", request.app.state.reading())


async def archive_reads(request: Request) -> ArchiveReads:
    """Give what archives are made of."""
    return cast("ArchiveReads", request.app.state.archive_reads)


async def sendable_reads(request: Request) -> SendableReads:
    """Give what is sent to others."""
    return cast("SendableReads", request.app.state.sendable_reads)


async def routing_reads(request: Request) -> RoutingReads:
    """Give what rules ask."""
    return cast("RoutingReads", request.app.state.routing_reads)


async def router_client(request: Request) -> RouterClient:
    """Give what asks the router."""
    return cast("RouterClient", request.app.state.router_client)


async def finder(request: Request) -> Finder:
    """Give what finds resources."""
    return cast("Finder", request.app.state.finder)


async def turns(request: Request) -> Turns:
    """Give what long answers take turns by."""
    return cast("Turns", request.app.state.turns)


async def tag_reader(request: Request) -> TagReader:
    """Give what reads any attribute of resources."""
    return cast("TagReader", request.app.state.tag_reader)


async def configuration(request: Request) -> Configuration:
    """Give the Orthanc-style configuration."""
    return cast("Configuration", request.app.state.configuration)


async def projection(request: Request) -> Projection:
    """Give the projection's position."""
    return cast("Projection", request.app.state.projection)


async def runtime(request: Request) -> RuntimeView:
    """Give what can be changed at run time."""
    return cast("RuntimeView", request.app.state.runtime)


async def image_workers(request: Request) -> Drawers:
    """Give the processes that decode images."""
    return cast("Drawers", request.app.state.image_workers)


async def transcoder(request: Request) -> Transcoder:
    """Give what writes files in other transfer syntaxes."""
    return cast("Transcoder", request.app.state.transcoder)


async def resource_id(resource_id: str) -> ResourceId:
    """Read an identifier from the path; what is not shaped like one names no resource."""
    if not is_resource_id(resource_id):
        raise NotFound
    return ResourceId(resource_id)


TheDatabase = Annotated[Database, Depends(database)]
TheAnnotations = Annotated[AnnotationReads, Depends(annotations)]
TheExports = Annotated[ExportReads, Depends(exports)]
TheDamages = Annotated[DamageReads, Depends(damages)]
TheTrash = Annotated[TrashReads, Depends(trash)]
TheHeaders = Annotated[Headers, Depends(headers)]
TheReading = Annotated[Reading, Depends(reading)]
TheFinder = Annotated[Finder, Depends(finder)]
TheTagReader = Annotated[TagReader, Depends(tag_reader)]
TheTurns = Annotated[Turns, Depends(turns)]
TheRouterClient = Annotated[RouterClient, Depends(router_client)]
TheArchiveReads = Annotated[ArchiveReads, Depends(archive_reads)]
TheSendableReads = Annotated[SendableReads, Depends(sendable_reads)]
TheRoutingReads = Annotated[RoutingReads, Depends(routing_reads)]
TheBlobs = Annotated[BlobStore, Depends(blobs)]
TheConfiguration = Annotated[Configuration, Depends(configuration)]
TheImageWorkers = Annotated[Drawers, Depends(image_workers)]
TheProjection = Annotated[Projection, Depends(projection)]
TheRuntime = Annotated[RuntimeView, Depends(runtime)]
TheTranscoder = Annotated[Transcoder, Depends(transcoder)]
PathId = Annotated[ResourceId, Depends(resource_id)]
