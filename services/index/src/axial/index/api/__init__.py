"""The index over HTTP: Orthanc's read-only routes, one module a group of them."""

from fastapi import APIRouter

from axial.index.api import (
    arrays,
    attachments,
    bulk,
    files,
    find,
    frames,
    images,
    internal,
    labels,
    metadata,
    pdf,
    resources,
    statistics,
    system,
    tags,
    tools,
)

routers: tuple[APIRouter, ...] = (
    resources.router,
    tags.router,
    metadata.router,
    attachments.router,
    labels.router,
    files.router,
    images.router,
    frames.router,
    arrays.router,
    pdf.router,
    statistics.router,
    system.router,
    find.router,
    bulk.router,
    tools.router,
    internal.router,
)
