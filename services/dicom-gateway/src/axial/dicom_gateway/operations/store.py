"""C-STORE: an instance arrives (PS3.4 annex B)."""

import time

import structlog

from axial.common.clients.ingest import IngestClient
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Element
from axial.dimse.messages.status import Status
from axial.dimse.receiving import Sides, receive

log = structlog.get_logger(__name__)


class Store:
    """Hands instances over to ingest as they came."""

    def __init__(self, ingest: IngestClient, metrics: GatewayMetrics) -> None:
        self._ingest = ingest
        self._metrics = metrics

    async def run(self, exchange: Exchange) -> bool:
        """Take one instance in and answer; tell whether it was kept."""
        started = time.perf_counter()
        association, command = exchange.association, exchange.command
        agreement = association.agreement
        sides = Sides(association.peer_ip, agreement.calling_aet, agreement.called_aet)
        received = await receive(self._ingest, sides, association, exchange.context, command)
        status, comment = received.status, received.comment
        if status is Status.SUCCESS:
            self._metrics.stored(received.size_bytes, time.perf_counter() - started)
        else:
            log.info("instance_refused", status=f"{status:#06x}", reason=comment)
        self._metrics.answered("c-store", status)
        await exchange.respond(
            status, {Element.AFFECTED_SOP_INSTANCE_UID: command.sop_instance_uid}, comment=comment
        )
        return status is Status.SUCCESS
