"""The index over HTTP: Orthanc's read-only routes, one module a group of them."""

from fastapi import APIRouter

from axial.index.api import (
    attachments,
    bulk,
    files,
    find,
    internal,
    labels,
    metadata,
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
    statistics.router,
    system.router,
    find.router,
    bulk.router,
    tools.router,
    internal.router,
)
