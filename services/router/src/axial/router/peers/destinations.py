"""Peers as destinations."""

from dataclasses import dataclass
from typing import TypeAlias

from axial.common.clients.index_files import IndexFiles
from axial.router.destinations.dicomweb import DicomwebDestination
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.peer import PeerDestination
from axial.router.destinations.transcoded_files import TranscodedFiles
from axial.router.peers.known import KnownPeer, KnownPeers

HttpDestination: TypeAlias = PeerDestination | DicomwebDestination


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How instances are sent to a peer."""

    compress: bool = False
    #: The transfer syntax that they are sent in; empty for each one's own.
    transcode: str = ""


@dataclass(frozen=True, slots=True)
class PeerDestinations:
    """Makes destinations of peers as they are now."""

    known: KnownPeers
    files: IndexFiles
    metrics: HttpSendingMetrics

    def find(self, name: str) -> HttpDestination | None:
        """Find a peer; None when there is none of this name."""
        known = self.known.find(name)
        return None if known is None else self._make(known, StoreOptions())

    async def current(self, name: str, options: StoreOptions) -> HttpDestination:
        """Find a peer as it is by now, to whom files are sent in some way; raise NotFound or Unavailable."""
        await self.known.refresh()
        return self._make(self.known.get(name), options)

    def _make(self, known: KnownPeer, options: StoreOptions) -> HttpDestination:
        syntax = options.transcode
        files = TranscodedFiles(self.files, syntax) if syntax else self.files
        if known.peer.protocol == "DICOMweb":
            # One whose values change by transcoding is another instance.
            return DicomwebDestination(known.server, files, self.metrics, bool(syntax))
        return PeerDestination(known.server, files, self.metrics, options.compress)
