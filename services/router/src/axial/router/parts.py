"""What all parts of the router are given."""

import asyncio
from dataclasses import dataclass

import httpx2
from prometheus_client import CollectorRegistry

from axial.common.blobs import BlobStore
from axial.common.clients.index_files import IndexFiles
from axial.common.clients.ingest import IngestClient
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.known_modalities import KnownModalities
from axial.common.move_news import MoveNews
from axial.common.postgres import Pool
from axial.common.runtime import Runtime
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.router.bell import Bell
from axial.router.exports import Exports
from axial.router.index_client import IndexClient
from axial.router.presence import Presence
from axial.router.settings import RouterSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The open collaborators of one process."""

    settings: RouterSettings
    configuration: Configuration
    registry: CollectorRegistry
    #: Connections whose unqualified names resolve in schema `router`, which this service alone writes.
    pool: Pool
    bell: Bell
    presence: Presence
    blobs: BlobStore
    log: EventLog
    #: What has come by a C-MOVE of ours.
    move_news: MoveNews
    runtime: Runtime
    #: Who the remote modalities are, in `value`; they change at any time.
    modalities: KnownModalities
    #: How a modality is connected to.
    reach: Reach
    #: With modalities, kept for what is sent to them next.
    associations: Associations
    exports: Exports
    index: IndexClient
    files: IndexFiles
    ingest: IngestClient
    #: For our own services; peers have clients of their own.
    http: httpx2.AsyncClient
    #: Set as soon as the service is asked to stop.
    stopping: asyncio.Event
