"""C-MOVE: a peer has instances sent to a third party, or to itself on another association (PS3.4 section C.4.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from axial.common.errors import Unavailable
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.retrieving import (
    Cancelled,
    Refused,
    Retriever,
    unless_cancelled,
)
from axial.dicom_gateway.operations.tally import Tally
from axial.dicom_gateway.router_client import RouterClient
from axial.dimse.messages.commands import Element
from axial.dimse.messages.status import Status
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Conversion, Files, Instance, Transcoder
from axial.dimse.sending.sender import Sender
from axial.dimse.sending.sub_operation import Originator
from axial.dimse.upper_layer.requestor import Peer

_NAME = "c-move"
_JOBS = "/internal/jobs/c-move"


@dataclass(frozen=True, slots=True)
class Move:
    """Sends what a peer asks for to a modality that the configuration knows."""

    retriever: Retriever
    files: Files
    #: Who has an AE title; None when nobody is known by it.
    destination: Callable[[str], Peer | None]
    #: Who sends when the peer is not told of each instance while it is sent (`SynchronousCMove`).
    router: RouterClient
    is_synchronous: bool
    #: What transcodes for who has an AE title; None when nothing does.
    transcoder_for: Callable[[str], Transcoder | None]
    #: What to, the better first.
    targets: Sequence[str]

    async def run(self, exchange: Exchange) -> None:
        """Send, telling after each instance what became of it; or promise to."""
        try:
            peer = self._peer(exchange)
            instances = await self.retriever.instances(exchange)
        except Refused as refused:
            await self.retriever.refuse(exchange, _NAME, refused)
            return
        except Cancelled:
            await self.retriever.end(exchange, _NAME, Tally(0), Status.CANCELLED)
            return
        originator = Originator(
            exchange.association.agreement.calling_aet, exchange.command.message_id
        )
        tally = Tally(len(instances))
        if self.is_synchronous:
            status = await self._send(exchange, peer, instances, originator, tally)
            await self.retriever.end(exchange, _NAME, tally, status)
            return
        try:
            await self._hand_over(exchange, instances, originator)
        except Refused as refused:
            await self.retriever.refuse(exchange, _NAME, refused)
            return
        # As Orthanc answers: all of them are in hand.
        tally.remaining, tally.completed = 0, len(instances)
        await self.retriever.end(exchange, _NAME, tally, Status.SUCCESS)

    def _peer(self, exchange: Exchange) -> Peer:
        peer = self.destination(_destination(exchange))
        if peer is None:
            raise _unknown()
        return peer

    async def _hand_over(
        self, exchange: Exchange, instances: Sequence[Instance], originator: Originator
    ) -> None:
        """Have a job of the router send; once this returns it is written down. Raises Refused."""
        work = {
            "destination": _destination(exchange),
            "instances": [
                (one.id, one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid)
                for one in instances
            ],
            "originator_aet": originator.aet,
            "originator_id": originator.message_id,
        }
        try:
            is_taken = await self.router.take(_JOBS, work)
        except Unavailable as error:
            raise Refused(Status.CANNOT_SEND, error.message) from error
        if not is_taken:
            raise _unknown()

    async def _send(
        self,
        exchange: Exchange,
        peer: Peer,
        instances: Sequence[Instance],
        originator: Originator,
        tally: Tally,
    ) -> Status:
        sender = self._sender(peer, instances)

        async def send(instance: Instance) -> int:
            # Connecting may take its time, and is of no use to who has left.
            await unless_cancelled(exchange.cancelled, sender.associate(instance))
            return await sender.send(instance, originator)

        async def told() -> None:
            if exchange.cancelled.is_set():
                raise Cancelled
            await exchange.respond(Status.PENDING, tally.elements(Status.PENDING))

        try:
            await self.retriever.send_all(instances, tally, send, told, _NAME)
        except Cancelled:
            return Status.CANCELLED
        finally:
            await sender.aclose()
        return tally.status()

    def _sender(self, peer: Peer, instances: Sequence[Instance]) -> Sender:
        kinds = dict.fromkeys(map(kind_of, instances))
        transcoder = self.transcoder_for(peer.titles.called)
        dictionary = self.retriever.dictionary
        conversion = Conversion(transcoder, self.targets) if transcoder else None
        return Sender(peer, kinds, self.files, dictionary, conversion=conversion)


def _destination(exchange: Exchange) -> str:
    return str(exchange.command.elements.get(Element.MOVE_DESTINATION, ""))


def _unknown() -> Refused:
    return Refused(Status.MOVE_DESTINATION_UNKNOWN, "Move destination unknown")
