"""One C-STORE on an association, whosever it is (PS3.7 section 9.1.1)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from axial.dimse.messages.commands import Command, Element, Field, Value, encode
from axial.dimse.messages.status import Status
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.association import Aborted, Association, Released, Silent
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu

T = TypeVar("T")

# Medium; nobody heeds another.
_PRIORITY = 0
# Neither too many small PDUs, nor much in memory.
_AT_ONCE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Originator:
    """Whose C-MOVE an instance is sent for."""

    aet: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Line:
    """An association on which instances are sent, and how their responses come in."""

    association: Association
    responses: Callable[[], Awaitable[Command]]
    #: How long the peer may take for a piece, and for the response; 0 for ever.
    patience_seconds: float


@dataclass(frozen=True, slots=True)
class SubOperation:
    """What is sent."""

    instance: Instance
    context: Context
    message_id: int
    originator: Originator | None = None


class CutShort(Exception):
    """The bytes of an instance ended in the middle; the association has to end with them."""


class Unanswered(Aborted):
    """All was sent, and nobody said what became of it: the instance may have been taken, or not."""


async def store(line: Line, operation: SubOperation, data_set: AsyncIterator[bytes]) -> int:
    """Send an instance and wait for the status of its response.

    Raises Aborted, Released or BadPdu when the peer is gone, too slow, or breaks the rules; Unanswered if that was
    after the last byte may have reached it; CutShort; and what `data_set` raises before its first piece: then nothing
    was sent.
    """
    association, context = line.association, operation.context
    async with aclosing(_portions(data_set, association.fragment_bytes)) as portions:
        portion, is_last = await anext(portions)
        await _within(line, association.send_command(context, _command(operation)))
        while True:
            if is_last:
                break
            await _within(line, association.send_data_set(context, portion, last=False))
            try:
                portion, is_last = await anext(portions)
            except Exception as error:
                raise CutShort from error
    try:
        await _within(line, association.send_data_set(context, portion, last=True))
        return await _within(line, _status(line, operation.message_id))
    except (Aborted, Released, BadPdu) as error:
        raise Unanswered from error


async def _within(line: Line, work: Awaitable[T]) -> T:
    """Wait for the peer, as long as one waits for it."""
    try:
        async with asyncio.timeout(line.patience_seconds or None):
            return await work
    except TimeoutError:
        raise Silent from None


async def _portions(
    pieces: AsyncIterator[bytes], fragment_bytes: int
) -> AsyncGenerator[tuple[bytes, bool], None]:
    """Cut a data set so that only its last PDU is not full, and no PDU is odd; tell which portion is the last."""
    size = max(_AT_ONCE_BYTES // fragment_bytes, 1) * fragment_bytes
    buffer = bytearray()
    async for piece in pieces:
        buffer += piece
        while len(buffer) > size:
            yield bytes(buffer[:size]), False
            del buffer[:size]
    # A deflated data set may have been kept without the padding that makes it even (PS3.5 section A.5); DCMTK does
    # not even answer to an odd fragment.
    yield bytes(buffer) + bytes(len(buffer) % 2), True


def _command(operation: SubOperation) -> bytes:
    elements: dict[Element, Value] = {
        Element.AFFECTED_SOP_CLASS_UID: operation.instance.sop_class_uid,
        Element.MESSAGE_ID: operation.message_id,
        Element.PRIORITY: _PRIORITY,
        Element.AFFECTED_SOP_INSTANCE_UID: operation.instance.sop_instance_uid,
    }
    if operation.originator is not None:
        elements[Element.MOVE_ORIGINATOR_AET] = operation.originator.aet
        elements[Element.MOVE_ORIGINATOR_MESSAGE_ID] = operation.originator.message_id
    return encode(Field.C_STORE_RQ, elements, data_set=True)


async def _status(line: Line, message_id: int) -> int:
    while True:
        response = await line.responses()
        if response.field is not Field.C_STORE_RSP:
            raise BadPdu(AbortReason.UNEXPECTED_PDU)
        # A response to something else is late, and of no use.
        if response.responded_to == message_id:
            return int(response.elements.get(Element.STATUS, Status.CANNOT_UNDERSTAND))
