"""C-STORE: an instance arrives (PS3.4 annex B)."""

import time

import structlog

from axial.common.clients.ingest import IngestClient
from axial.common.move_news import MoveNews
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Command, Element
from axial.dimse.messages.status import Status
from axial.dimse.receiving import Sides, receive

log = structlog.get_logger(__name__)


class Store:
    """Hands instances over to ingest as they came."""

    def __init__(self, ingest: IngestClient, metrics: GatewayMetrics, news: MoveNews) -> None:
        self._ingest = ingest
        self._metrics = metrics
        self._news = news

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
            await self._tell(command, received.instance_id)
        else:
            log.info("instance_refused", status=f"{status:#06x}", reason=comment)
        self._metrics.answered("c-store", status)
        await exchange.respond(
            status, {Element.AFFECTED_SOP_INSTANCE_UID: command.sop_instance_uid}, comment=comment
        )
        return status is Status.SUCCESS

    async def _tell(self, command: Command, instance_id: str) -> None:
        """Tell whoever asked for it by a C-MOVE."""
        aet = command.elements.get(Element.MOVE_ORIGINATOR_AET)
        number = command.elements.get(Element.MOVE_ORIGINATOR_MESSAGE_ID)
        if aet and number:
            await self._news.tell(str(aet), int(number), instance_id)
