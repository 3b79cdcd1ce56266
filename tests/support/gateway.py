"""The gateway's door alone: who is let in, over TLS or not, and C-ECHO behind it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pynetdicom.pdu_primitives import A_ASSOCIATE

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.clients.ingest import IngestClient
from axial.common.configuration import Configuration
from axial.common.known_modalities import configured
from axial.common.move_news import MoveNews
from axial.common.runtime.settings import initial_settings
from axial.dicom_gateway.access import decide
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.offer import PeerOffer
from axial.dicom_gateway.operations.echo import echo
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.store import Store
from axial.dicom_gateway.serving import Operation, Serving
from axial.dimse.messages.commands import Field
from axial.dimse.tls import server_context
from axial.dimse.upper_layer.acceptor import Acceptor, Limits
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Offer, Refusal

# DCMTK waits as long as it likes; a test does not.
_PROGRAM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Door:
    """A gateway that listens, and nothing behind it."""

    port: int
    registry: CollectorRegistry
    acceptor: Acceptor

    def count(self, metric: str, **labels: str) -> float:
        """Read one of its figures."""
        return self.registry.get_sample_value(metric, labels) or 0.0

    async def program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of DCMTK's programs on it, not pynetdicom's of the same name."""
        command = (f"/usr/bin/{name}", "-v", *arguments, LOOPBACK, str(self.port))
        return await asyncio.to_thread(
            subprocess.run,
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROGRAM_SECONDS,
        )


@asynccontextmanager
async def door(
    configuration: Configuration,
    *,
    associations: int = 16,
    find: Callable[[Exchange], Awaitable[None]] | None = None,
    operations: Mapping[Field, Operation] | None = None,
    ingest: IngestClient | None = None,
    news: MoveNews | None = None,
    artim_seconds: float = 30.0,
) -> AsyncIterator[Door]:
    """Open one on a free port; whoever stores finds that ingest is away, unless there is one."""
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    (nobody, port) = free_ports(2)
    ingest = ingest or IngestClient(f"http://{LOOPBACK}:{nobody}", SecretStr(""))
    # A client that is not connected tells nobody.
    store = Store(ingest, metrics, news or MoveNews(Client(), "nobody"))
    offered = {
        Field.C_ECHO_RQ: echo,
        **({Field.C_FIND_RQ: find} if find else {}),
        **(operations or {}),
    }

    def admit(request: A_ASSOCIATE, peer_ip: str) -> Offer | Refusal:
        rights = decide(
            configuration,
            configured(configuration),
            request.calling_ae_title,
            request.called_ae_title,
            peer_ip,
        )
        if isinstance(rights, Refusal):
            return rights
        return PeerOffer(rights, initial_settings(configuration))

    async def caught_up() -> None:
        """Nothing is ever kept here."""

    async def serve(association: Association) -> None:
        await Serving(association, store, offered, caught_up, metrics).run()

    limits = Limits(
        associations,
        configuration.maximum_pdu_length,
        configuration.dicom_scp_timeout,
        artim_seconds,
    )
    acceptor = Acceptor(limits, admit, serve, metrics)
    tls = server_context(configuration, lambda _: metrics.handshake_refused())
    await acceptor.open(LOOPBACK, port, tls)
    try:
        yield Door(port, registry, acceptor)
    finally:
        await acceptor.close(0.0)
        await ingest.aclose()
