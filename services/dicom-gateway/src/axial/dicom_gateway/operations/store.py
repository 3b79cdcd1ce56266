"""C-STORE: an instance arrives (PS3.4 annex B)."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import structlog

from axial.common.clients.ingest import Arrival, IngestClient
from axial.common.errors import AxialError, Conflict, Rejected
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Element
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.status import Status

log = structlog.get_logger(__name__)

# Smaller instances are handed over whole, and a second time should a connection break; larger ones while they
# arrive, and a thousand associations at once must still fit in memory.
_WHOLE_BYTES = 1024 * 1024


class Store:
    """Hands instances over to ingest as they came: the data set is never decoded, nor changed."""

    def __init__(self, ingest: IngestClient, metrics: GatewayMetrics) -> None:
        self._ingest = ingest
        self._metrics = metrics

    async def run(self, exchange: Exchange) -> bool:
        """Take one instance in and answer: success only when its bytes and its event are durable.

        Tells whether it was kept. One that is refused fails alone, and the association goes on.
        """
        started = time.perf_counter()
        command, context = exchange.command, exchange.context
        agreement = exchange.association.agreement
        arrival = Arrival(
            remote_ip=exchange.association.peer_ip,
            remote_aet=agreement.calling_aet,
            called_aet=agreement.called_aet,
            sop_class_uid=command.sop_class_uid,
            sop_instance_uid=command.sop_instance_uid,
        )
        status, comment = Status.SUCCESS, ""
        async with aclosing(exchange.association.data_set(context)) as pieces:
            try:
                size_bytes = await self._hand_over(exchange, arrival, pieces)
            except AxialError as error:
                status, comment = _status_of(error), error.message
                async for _ in pieces:
                    # What is left of it belongs to no other message.
                    pass
        if status is Status.SUCCESS:
            self._metrics.stored(size_bytes, time.perf_counter() - started)
        else:
            log.info("instance_refused", status=f"{status:#06x}", reason=comment)
        self._metrics.answered("c-store", status)
        await exchange.respond(
            status, {Element.AFFECTED_SOP_INSTANCE_UID: arrival.sop_instance_uid}, comment=comment
        )
        return status is Status.SUCCESS

    async def _hand_over(
        self, exchange: Exchange, arrival: Arrival, pieces: AsyncIterator[bytes]
    ) -> int:
        """Put the file meta information before the data set; return how many bytes that makes."""
        head = file_head(
            arrival.sop_class_uid,
            arrival.sop_instance_uid,
            exchange.context.transfer_syntax,
            arrival.remote_aet,
        )
        begun = [head]
        size_bytes = len(head)
        async for piece in pieces:
            begun.append(piece)
            size_bytes += len(piece)
            if size_bytes > _WHOLE_BYTES:
                break
        else:
            await self._ingest.store(arrival, b"".join(begun))
            return size_bytes

        async def all_pieces() -> AsyncIterator[bytes]:
            nonlocal size_bytes
            yield b"".join(begun)
            begun.clear()
            async for piece in pieces:
                size_bytes += len(piece)
                yield piece

        await self._ingest.store_pieces(arrival, all_pieces())
        return size_bytes


def _status_of(error: AxialError) -> Status:
    """Tell what the peer can do about it (PS3.4 table B.2-1)."""
    match error:
        case Conflict():
            return Status.DOES_NOT_MATCH_SOP_CLASS
        case Rejected():
            return Status.CANNOT_UNDERSTAND
    # Full, away or broken: later it may work.
    return Status.OUT_OF_RESOURCES
