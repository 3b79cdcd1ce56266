"""The job that sends instances to a peer."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.port import Outcome
from axial.router.exports import Exports
from axial.router.index_client import IndexClient
from axial.router.jobs.kind import Work
from axial.router.jobs.sending import SendInstances
from axial.router.peers.destinations import HttpDestination, PeerDestinations, StoreOptions

TYPE_NAME = "OrthancPeerStore"
_MEGABYTE = 1024 * 1024


class PeerStore:
    """Sends a set of instances to one peer, which is looked up when the job begins."""

    def __init__(self, peers: PeerDestinations, index: IndexClient, exports: Exports) -> None:
        self._peers = peers
        self._index = index
        self._exports = exports

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return TYPE_NAME

    async def run(self, work: Work) -> None:
        """Send what was not sent yet, and tell how many bytes that took."""
        given = work.parameters
        options = StoreOptions(given["compress"], given["transcode"])
        # This replica may not have heard yet of what another one has acknowledged before it submitted the job.
        peer = await self._peers.current(given["peer"], options)
        counting = _Counting(peer, work)
        sending = SendInstances(TYPE_NAME, lambda _: counting, self._index, self._exports)
        await sending.run(work)


class _Counting:
    """A destination, and the job that shows how much it was sent."""

    def __init__(self, destination: HttpDestination, work: Work) -> None:
        self._destination = destination
        self._work = work

    @asynccontextmanager
    async def line(self, kinds: Iterable[Kind]) -> AsyncIterator["_CountingLine"]:
        async with self._destination.line(kinds) as line:
            yield _CountingLine(line, self._work)


class _CountingLine:
    def __init__(self, line: HttpLine, work: Work) -> None:
        self._line = line
        self._work = work
        self._before = int(work.content["Size"])

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:
        try:
            return await self._line.send(instance, originator)
        finally:
            size = self._before + self._line.sent_bytes
            self._work.content |= {"Size": str(size), "SizeMB": size // _MEGABYTE}

    async def has(self, instance: Instance) -> bool | None:
        return await self._line.has(instance)

    async def keeps(self, instance: Instance, md5: str) -> bool | None:
        return await self._line.keeps(instance, md5)
