"""Instances on their way: files in a folder in the index's place, and replicas that deliver them to modalities."""

import asyncio
import hashlib
import json
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pynetdicom.events import Event

from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import NotFound
from axial.common.modalities import Modality
from axial.common.postgres import open_pool
from axial.common.service import background
from axial.common.testing.eventually import eventually
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.dimse.sending.instances import Instance
from axial.router.bell import Bell
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.delivery import Patience
from axial.router.deliveries.dispatcher import Dispatcher
from axial.router.deliveries.intake import enqueue
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.deliveries.selection import Page, Selection
from axial.router.deliveries.wanted import Terms, Wanted
from axial.router.destinations.known import KnownDestinations
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Destination as Port
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.index_client import IndexClient, Outbound
from axial.router.parts import Parts
from axial.router.presence import Presence
from support.destinations import Destination, listening
from support.dicoms import Dicom
from support.modality import sendable

_NO_TERMS = Terms()
_EVERYTHING = Page(0, 1000)
# Longer than any test waits.
_SILENCE_SECONDS = 60.0


class Shelf:
    """Files in a folder, by the instance's identifier."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, dicom: Dicom) -> Outbound:
        """Keep a file, and tell what is to be known to send it."""
        (self.folder / dicom.id).write_bytes(dicom.body)
        told = sendable(dicom.body)
        digest = hashlib.md5(dicom.body, usedforsecurity=False).hexdigest()
        uids = told.sop_class_uid, told.sop_instance_uid, told.transfer_syntax
        return Outbound(Instance(dicom.id, *uids), len(dicom.body), digest)

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a file; raise NotFound."""
        try:
            content = (self.folder / instance_id).read_bytes()
        except FileNotFoundError:
            raise NotFound from None

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        yield pieces()


@dataclass
class Reticent(Destination):
    """A peer that may keep silent instead of its n-th answer, counted from 0, until it is let `speak`."""

    silent_at: frozenset[int] = frozenset()
    speak: threading.Event = field(default_factory=threading.Event)

    def store(self, event: Event) -> int:
        """Take an instance in."""
        place = len(self.received)
        status = super().store(event)
        if place in self.silent_at:
            self.speak.wait(_SILENCE_SECONDS)
        return status


@contextmanager
def receiving(destination: Reticent) -> Iterator[Reticent]:
    """Let such a peer listen on a free port."""
    with listening(destination):
        yield destination


class Known:
    """Modalities at ports of this machine, as they are at the moment."""

    def __init__(self, means: Means, ports: Mapping[str, int]) -> None:
        self._means = means
        self.ports = dict(ports)
        self.all = KnownDestinations({DestinationKind.MODALITY: self._find})

    def _find(self, name: str) -> Port | None:
        port = self.ports.get(name)
        if port is None:
            return None
        return self._means.to(Modality.model_validate([name, "127.0.0.1", port]))


def modality(name: str) -> DestinationName:
    """Name a modality."""
    return DestinationName(DestinationKind.MODALITY, name)


def wanted(
    outbounds: Sequence[Outbound], *names: str, rule: str = "rule", terms: Terms = _NO_TERMS
) -> list[Wanted]:
    """Want instances at modalities, one after the other."""
    return [
        Wanted(rule, modality(name), outbound, 1, terms) for outbound in outbounds for name in names
    ]


@asynccontextmanager
async def known(
    shelf: Shelf, ports: Mapping[str, int], configuration: Configuration
) -> AsyncIterator[Known]:
    """Know modalities, to which files of a folder are sent."""
    index = httpx2.MockTransport(lambda _: httpx2.Response(200, json=[]))
    associations = Associations(1.0)
    async with httpx2.AsyncClient(transport=index) as client:
        asking = IndexClient(client, "http://index", SecretStr(""))
        reach = Reach.of(configuration)
        yield Known(Means(reach, shelf, STANDARD, associations, asking), ports)
        await associations.aclose()


@dataclass(frozen=True, slots=True)
class Replica:
    """One that delivers."""

    parts: Parts
    known: Known
    client: httpx2.AsyncClient

    async def enqueue(self, some: Sequence[Wanted]) -> None:
        """Want instances delivered."""
        async with self.parts.pool.acquire() as connection, connection.transaction():
            await enqueue(connection, some)  # type: ignore[arg-type] # what a pool lends is one

    async def rows(self) -> list[Any]:
        """Return all deliveries."""
        return await Administration(self.parts.pool).find(Selection(), _EVERYTHING)

    async def states(self) -> Counter[str]:
        """Count deliveries by state."""
        return Counter(row["state"] for row in await self.rows())

    async def until(self, **states: int) -> list[Any]:
        """Wait until deliveries are in such states, and return them as they were then."""
        rows: list[Any] = []

        async def are() -> None:
            # Looked at once: a moment later one of them may be on its way again.
            nonlocal rows
            rows = await self.rows()
            assert Counter(row["state"] for row in rows) == Counter(states)

        await eventually(are)
        return rows

    def metric(self, name: str, **labels: str) -> float:
        """Read a figure."""
        return self.parts.registry.get_sample_value(name, labels) or 0.0


#: Runs a replica that knows modalities by name and port.
Delivering: TypeAlias = Callable[..., AbstractAsyncContextManager[Replica]]


async def deliver(database_url: str, folder: Path, ports: Mapping[str, int]) -> None:
    """Deliver as one replica, until killed."""
    bell = Bell(database_url)
    async with (
        open_pool(database_url, "router", size=4) as pool,
        known(Shelf(folder), ports, Configuration()) as destinations,
    ):
        presence = Presence(pool, bell, 1.0)
        await presence.keep()

        async def is_here(instance_id: str) -> bool:
            return (folder / instance_id).exists()

        here = Circumstances(
            bell,
            DeliveryDatabase(pool, presence.id, tells_exports=False),
            destinations.all,
            Backoff(0.05, 0.2),
            Patience(),
            DeliveryMetrics(CollectorRegistry()),
            lambda: presence.is_certain,
            lambda: presence.term,
            is_here,
            Shelf(folder),
        )
        async with background(bell.run(), presence.run(), Dispatcher(here).run()):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(deliver(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])))
