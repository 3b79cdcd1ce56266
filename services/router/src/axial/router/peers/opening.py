"""The peers of one process, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter

from axial.common.service import background
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.jobs.kind import Kind, Submission
from axial.router.parts import Parts
from axial.router.peers.destinations import PeerDestinations
from axial.router.peers.known import KnownPeers
from axial.router.peers.routes import peer_routes
from axial.router.peers.sending_routes import peer_sending_routes
from axial.router.peers.store_job import PeerStore

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Peers:
    """What the rest of the process uses of peers."""

    routes: tuple[APIRouter, ...]
    known: KnownPeers
    destinations: PeerDestinations
    #: The job of `POST /peers/{name}/store`.
    store: Kind


@asynccontextmanager
async def open_peers(parts: Parts, jobs: Submission) -> AsyncIterator[Peers]:
    """Know the peers as long as this is open."""
    options = parts.configuration
    configured = {} if options.orthanc_peers_in_database else options.orthanc_peers
    connect = partial(HttpServer, manner=Manner.of(options))
    known = KnownPeers(parts.pool, parts.bell, configured, connect)
    await known.refresh()
    destinations = PeerDestinations(known, parts.files, HttpSendingMetrics(parts.registry))
    limit_bytes = options.maximum_upload_size * _MIB
    try:
        async with background(known.run()):
            yield Peers(
                (
                    peer_routes(known, parts.pool),
                    peer_sending_routes(known, parts.index, jobs, limit_bytes),
                ),
                known,
                destinations,
                PeerStore(destinations, parts.index, parts.exports),
            )
    finally:
        await known.aclose()
