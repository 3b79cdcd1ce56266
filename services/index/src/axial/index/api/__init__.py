"""The index over HTTP: Orthanc's read-only routes, one module a group of them."""

from fastapi import APIRouter

from axial.index.api import (
    attachments,
    files,
    internal,
    labels,
    metadata,
    resources,
    statistics,
    system,
    tags,
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
    internal.router,
)
