"""C-GET: a peer has instances sent to it, on its own association (PS3.4 section C.4.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.retrieving import Cancelled, Refused, Retriever
from axial.dicom_gateway.operations.tally import Tally
from axial.dimse.messages.status import Status
from axial.dimse.sending.contexts import WRITTEN, choices
from axial.dimse.sending.instances import Files, Instance, Transcoder
from axial.dimse.sending.sender import NotSent, send_file
from axial.dimse.sending.sub_operation import CutShort, Line, SubOperation
from axial.dimse.upper_layer.association import Aborted

_NAME = "c-get"
_HIGHEST_MESSAGE_ID = 0xFFFF


@dataclass(frozen=True, slots=True)
class Get:
    """Sends what a peer asks for on the contexts on which it is ready to take it."""

    retriever: Retriever
    files: Files
    #: How long the peer may take for a piece, and for a response; 0 for ever.
    patience_seconds: float
    #: What transcodes for who has an AE title; None when nothing does.
    transcoder_for: Callable[[str], Transcoder | None]

    async def run(self, exchange: Exchange) -> None:
        """Send, telling after each instance what became of it, and in the end of all."""
        try:
            instances = await self.retriever.instances(exchange)
        except Refused as refused:
            await self.retriever.refuse(exchange, _NAME, refused)
            return
        except Cancelled:
            await self.retriever.end(exchange, _NAME, Tally(0), Status.CANCELLED)
            return
        tally = Tally(len(instances))
        agreement = exchange.association.agreement
        contexts = {
            context.id: context
            for context in agreement.contexts.values()
            if context.abstract_syntax in agreement.stores
        }
        transcoder = self.transcoder_for(agreement.calling_aet)
        line = Line(exchange.association, exchange.responses.get, self.patience_seconds)
        message_ids = count()

        async def send(instance: Instance) -> int:
            some = choices(instance, contexts, WRITTEN if transcoder else ())
            if not some:
                raise NotSent
            message_id = next(message_ids) % _HIGHEST_MESSAGE_ID + 1
            operation = SubOperation(instance, some[0], message_id)
            try:
                return await send_file(
                    line, operation, self.files, self.retriever.dictionary, transcoder
                )
            except (Aborted, CutShort) as error:
                # There is only this association, and nothing can follow on it.
                exchange.association.abort()
                raise Aborted from error

        async def told() -> None:
            if exchange.cancelled.is_set():
                raise Cancelled
            await exchange.respond(Status.PENDING, tally.elements(Status.PENDING))

        try:
            await self.retriever.send_all(instances, tally, send, told, _NAME)
            status = tally.status()
        except Cancelled:
            status = Status.CANCELLED
        await self.retriever.end(exchange, _NAME, tally, status)
