"""Lines to peers over HTTP, and the one file that goes on them."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from axial.common.errors import NotFound
from axial.common.peers import Peer
from axial.dimse.sending.instances import Instance
from axial.router.destinations.dicomweb import DicomwebDestination
from axial.router.destinations.http_bodies import Files
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.peer import PeerDestination
from support.http_peer import Asked, HttpPeer, Says

INSTANCE = Instance("0" * 8, "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1")
SMALL = b"DICOM" * 1000
LARGE = bytes(range(256)) * 16 * 1024  # 4 MiB
MANNER = Manner(5.0, verify=True, ca_certificates=None, proxy=None)
SUCCESS = Says(200, json.dumps({"Status": "Success"}).encode())
KNOWN = Says(200, json.dumps({"ID": INSTANCE.id}).encode())


class Kept:
    """A file, in pieces as the index gives them; with an error instead of its end, if wanted."""

    def __init__(
        self, content: bytes, size_bytes: int | None, error: Exception | None = None
    ) -> None:
        self._content = content
        self._error = error
        self.size_bytes = size_bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece, self._content = self._content[: 64 * 1024], self._content[64 * 1024 :]
        if not piece:
            raise self._error or StopAsyncIteration
        return piece


class Shelf:
    """Whoever has the one file there is."""

    def __init__(
        self, content: bytes = SMALL, *, sized: bool = True, error: Exception | None = None
    ) -> None:
        self._content = content
        self._size = len(content) if sized else None
        self._error = error
        #: How often it was opened.
        self.opened = 0

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[Kept]:
        """Open it."""
        if instance_id != INSTANCE.id:
            raise NotFound
        self.opened += 1
        size = self._size and self._size + (1 if self._error else 0)
        yield Kept(self._content, size, self._error)


@asynccontextmanager
async def line_to(
    peer: Peer, files: Files, manner: Manner = MANNER, *, compress: bool = False
) -> AsyncIterator[HttpLine]:
    """Open a line as jobs and deliveries do."""
    server = HttpServer(peer, manner)
    metrics = HttpSendingMetrics(CollectorRegistry())
    destination = (
        DicomwebDestination(server, files, metrics)
        if peer.protocol == "DICOMweb"
        else PeerDestination(server, files, metrics, compress)
    )
    try:
        async with destination.line([]) as line:
            yield line
    finally:
        await server.aclose()


def saying(*says: Says) -> Callable[[Asked], Says]:
    """Say one thing after another, the last for ever."""
    left = list(says)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def orthanc(peer: HttpPeer, **fields: object) -> Peer:
    """Name a server as a peer."""
    return Peer.model_validate({"Url": peer.url, "Timeout": 5, **fields})
