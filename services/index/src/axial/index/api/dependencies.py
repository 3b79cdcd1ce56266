"""What routes are given: the collaborators that the application keeps in its state."""

import re
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.index.annotation_reads import AnnotationReads
from axial.index.database import Database
from axial.index.find.finder import Finder
from axial.index.find.tags import TagReader
from axial.index.images.workers import Workers

_RESOURCE_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{8}){4}")


class Projection(Protocol):
    """Whoever knows how far the projection is."""

    async def caught_up(self) -> None:
        """Return once every event that is in the log now has been projected; else raise Unavailable."""


def database(request: Request) -> Database:
    """Give the projection's tables."""
    return cast("Database", request.app.state.database)


def blobs(request: Request) -> BlobStore:
    """Give the blob store."""
    return cast("BlobStore", request.app.state.blobs)


def annotations(request: Request) -> AnnotationReads:
    """Give what users attached to resources."""
    return cast("AnnotationReads", request.app.state.annotations)


def finder(request: Request) -> Finder:
    """Give what finds resources."""
    return cast("Finder", request.app.state.finder)


def tag_reader(request: Request) -> TagReader:
    """Give what reads any attribute of resources."""
    return cast("TagReader", request.app.state.tag_reader)


def configuration(request: Request) -> Configuration:
    """Give the Orthanc-style configuration."""
    return cast("Configuration", request.app.state.configuration)


def projection(request: Request) -> Projection:
    """Give the projection's position."""
    return cast("Projection", request.app.state.projection)


def image_workers(request: Request) -> Workers:
    """Give the processes that decode images."""
    return cast("Workers", request.app.state.image_workers)


def resource_id(resource_id: str) -> ResourceId:
    """Read an identifier from the path; what is not shaped like one names no resource."""
    if not _RESOURCE_ID.fullmatch(resource_id):
        raise NotFound
    return ResourceId(resource_id)


TheDatabase = Annotated[Database, Depends(database)]
TheAnnotations = Annotated[AnnotationReads, Depends(annotations)]
TheFinder = Annotated[Finder, Depends(finder)]
TheTagReader = Annotated[TagReader, Depends(tag_reader)]
TheBlobs = Annotated[BlobStore, Depends(blobs)]
TheConfiguration = Annotated[Configuration, Depends(configuration)]
TheImageWorkers = Annotated[Workers, Depends(image_workers)]
TheProjection = Annotated[Projection, Depends(projection)]
PathId = Annotated[ResourceId, Depends(resource_id)]
