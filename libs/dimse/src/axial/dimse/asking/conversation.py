"""Requests on one association that we asked for, with their responses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from axial.dimse.messages.commands import BadCommand, Command, Element, Field, Value, decode, encode
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Aborted, Association, Released
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu
from axial.dimse.upper_layer.proposal import Proposed
from axial.dimse.upper_layer.requestor import Peer, Requestor

T = TypeVar("T")

# Medium; nobody heeds another.
_PRIORITY = 0
# What a message may be numbered with.
_HIGHEST_MESSAGE_ID = 0xFFFF
# A match tells some dozens of attributes; a worklist's item some hundreds.
_MOST_DATA_SET_BYTES = 4 * 1024 * 1024
# A cancelled peer may have matches under way, which nobody needs any more.
_CANCEL_SECONDS = 5.0
_PENDING = frozenset({Status.PENDING, Status.PENDING_WITH_WARNING})


class NotOffered(Exception):
    """The peer does not offer this service, or not to us."""


class Broken(Exception):
    """The association ended in the middle, or the peer was silent for too long."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a peer says to a request of ours."""

    status: int
    command: Command
    #: In the transfer syntax of the request's context; empty when there is none.
    data_set: bytes = b""

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it."""
        return self.status not in _PENDING


class Conversation:
    """Asks one thing after the other; a peer that is silent for longer than we wait has gone."""

    def __init__(self, peer: Peer, requestor: Requestor) -> None:
        self.peer = peer
        self._requestor = requestor
        self._patience_seconds = peer.patience_seconds
        self._message_ids = count(1)
        #: Whether we have ended the association.
        self.is_over = False

    @property
    def association(self) -> Association:
        """The association that it goes over."""
        return self._requestor.association

    def context(self, sop_class_uid: str) -> Context:
        """Find the context of a service; raise NotOffered when the peer did not accept any."""
        for context in self.association.agreement.contexts.values():
            if context.abstract_syntax == sop_class_uid:
                return context
        raise NotOffered

    def offers(self, sop_class_uid: str) -> bool:
        """Tell whether the peer has accepted a context of a service."""
        contexts = self.association.agreement.contexts.values()
        return any(context.abstract_syntax == sop_class_uid for context in contexts)

    async def ask(
        self,
        context: Context,
        field: Field,
        identifier: bytes = b"",
        extra: Mapping[Element, Value] | None = None,
        *,
        message_id: int | None = None,
    ) -> int:
        """Send a request and return its number, which may be given; raise Broken."""
        if message_id is None:
            message_id = next(self._message_ids) % _HIGHEST_MESSAGE_ID + 1
        elements: dict[Element, Value] = {
            Element.AFFECTED_SOP_CLASS_UID: context.abstract_syntax,
            Element.MESSAGE_ID: message_id,
            **(extra or {}),
        }
        if identifier:
            elements[Element.PRIORITY] = _PRIORITY
        await self.within(
            self._send(context, encode(field, elements, data_set=bool(identifier)), identifier)
        )
        return message_id

    async def _send(self, context: Context, command: bytes, identifier: bytes) -> None:
        await self.association.send_command(context, command)
        if identifier:
            await self.association.send_data_set(context, identifier)

    async def response(self, message_id: int) -> Response:
        """Wait for the next response to a request; raise Broken."""
        while True:
            context, command = await self.hear()
            response = await self.read(context, command)
            # A response to something else is late, and of no use.
            if command.responded_to == message_id:
                return response

    async def hear(self) -> tuple[Context, Command]:
        """Wait for whatever comes next, but for its data set; raise Broken."""
        context, raw = await self.within(self.association.command())
        try:
            return context, decode(raw)
        except BadCommand as error:
            raise Broken from error

    async def read(self, context: Context, command: Command) -> Response:
        """Read the rest of a response; raise Broken when it is none."""
        if not command.field & 0x8000:
            raise Broken
        raw = b""
        if command.has_data_set:
            raw = await self.data_set(context)
        status = int(command.elements.get(Element.STATUS, Status.CANNOT_UNDERSTAND))
        return Response(status, command, raw)

    async def data_set(self, context: Context) -> bytes:
        """Read the data set of what was heard; raise Broken."""
        return await self.within(self._data_set(context))

    async def _data_set(self, context: Context) -> bytes:
        pieces = bytearray()
        async for piece in self.association.data_set(context):
            pieces += piece
            if len(pieces) > _MOST_DATA_SET_BYTES:
                raise BadPdu(AbortReason.NOT_SPECIFIED)
        return bytes(pieces)

    async def cancel(self, context: Context, message_id: int) -> None:
        """Ask the peer to stop answering, and wait until it has; the association ends when it does not."""
        cancellation = encode(
            Field.C_CANCEL_RQ, {Element.MESSAGE_ID_BEING_RESPONDED_TO: message_id}
        )
        with suppress(Broken, TimeoutError):
            async with asyncio.timeout(_CANCEL_SECONDS):
                await self.within(self.association.send_command(context, cancellation))
                while not (await self.response(message_id)).is_last:
                    pass
                return
        await self.abort()

    async def abort(self) -> None:
        """End the association, whatever is under way."""
        self.is_over = True
        await self._requestor.abort()

    async def within(self, work: Awaitable[T]) -> T:
        """Wait for the peer, as long as one waits for it; raise Broken."""
        try:
            async with asyncio.timeout(self._patience_seconds or None):
                return await work
        except (TimeoutError, Aborted, Released, BadPdu) as error:
            raise Broken from error


@asynccontextmanager
async def conversation(peer: Peer, contexts: Sequence[Proposed]) -> AsyncIterator[Conversation]:
    """Associate to ask something, and release afterwards; raise Refused, or Broken from within."""
    requestor = await Requestor.open(peer, contexts)
    line = Conversation(peer, requestor)
    try:
        yield line
    except BaseException:
        await requestor.abort()
        raise
    if not line.is_over:
        await requestor.release()
