"""C-STORE as its provider (PS3.4 annex B): an instance goes to ingest while it comes in, never decoded, nor changed."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from axial.common.clients.ingest import Arrival, IngestClient
from axial.common.errors import AxialError, Conflict, Rejected, Unavailable
from axial.dimse.messages.commands import Command
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Context

# Smaller instances are handed over whole, and a second time should a connection break; larger ones while they
# arrive, and a thousand associations at once must still fit in memory.
_WHOLE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sides:
    """Who sends to whom."""

    remote_ip: str
    remote_aet: str
    called_aet: str


@dataclass(frozen=True, slots=True)
class Received:
    """What becomes of an instance, to be told its sender."""

    status: Status
    #: Why it was not taken in.
    comment: str = ""
    #: Of the file, when it was taken in; and what the REST API calls the instance.
    size_bytes: int = 0
    instance_id: str = ""
    #: Whether ingest was not there to take it in.
    is_away: bool = False


async def receive(
    ingest: IngestClient, sides: Sides, association: Association, context: Context, command: Command
) -> Received:
    """Take in the instance whose request has come: success only when its bytes and its event are durable.

    One that is refused fails alone: its data set is read to the end, and the association goes on. Raises what reading
    from the association raises.
    """
    arrival = Arrival(
        remote_ip=sides.remote_ip,
        remote_aet=sides.remote_aet,
        called_aet=sides.called_aet,
        sop_class_uid=command.sop_class_uid,
        sop_instance_uid=command.sop_instance_uid,
    )
    async with aclosing(association.data_set(context)) as pieces:
        try:
            return await _hand_over(ingest, arrival, context.transfer_syntax, pieces)
        except AxialError as error:
            async for _ in pieces:
                # What is left of it belongs to no other message.
                pass
            is_away = isinstance(error, Unavailable)
            return Received(_status_of(error), error.message, is_away=is_away)


async def _hand_over(
    ingest: IngestClient, arrival: Arrival, transfer_syntax_uid: str, pieces: AsyncIterator[bytes]
) -> Received:
    """Put the file meta information before the data set, and send both."""
    head = file_head(
        arrival.sop_class_uid, arrival.sop_instance_uid, transfer_syntax_uid, arrival.remote_aet
    )
    begun = [head]
    size_bytes = len(head)
    async for piece in pieces:
        begun.append(piece)
        size_bytes += len(piece)
        if size_bytes > _WHOLE_BYTES:
            break
    else:
        instance_id = await ingest.store(arrival, b"".join(begun))
        return Received(Status.SUCCESS, size_bytes=size_bytes, instance_id=instance_id)

    async def all_pieces() -> AsyncIterator[bytes]:
        nonlocal size_bytes
        yield b"".join(begun)
        begun.clear()
        async for piece in pieces:
            size_bytes += len(piece)
            yield piece

    instance_id = await ingest.store_pieces(arrival, all_pieces())
    return Received(Status.SUCCESS, size_bytes=size_bytes, instance_id=instance_id)


def _status_of(error: AxialError) -> Status:
    """Tell what the peer can do about it (PS3.4 table B.2-1)."""
    match error:
        case Conflict():
            return Status.DOES_NOT_MATCH_SOP_CLASS
        case Rejected():
            return Status.CANNOT_UNDERSTAND
    # Full, away or broken: later it may work.
    return Status.OUT_OF_RESOURCES
