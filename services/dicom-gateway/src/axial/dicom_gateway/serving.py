"""One association: request after request to its operation, until it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.store import Store
from axial.dimse.messages.commands import BadCommand, Command, Field, decode
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Aborted, Association, Released
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu

log = structlog.get_logger(__name__)

Operation = Callable[[Exchange], Awaitable[None]]
CaughtUp = Callable[[], Awaitable[None]]

# Identifiers name what to find or to move; lists of UIDs make the longest.
_MOST_IDENTIFIER_BYTES = 4 * 1024 * 1024
_QUESTIONS = frozenset({Field.C_FIND_RQ, Field.C_MOVE_RQ, Field.C_GET_RQ})
_Heard = tuple[Context, Command]


class Serving:
    """Serves one association after its negotiation."""

    def __init__(
        self,
        association: Association,
        store: Store,
        operations: Mapping[Field, Operation],
        caught_up: CaughtUp,
        metrics: GatewayMetrics,
    ) -> None:
        self._association = association
        self._store = store
        self._operations = operations
        self._caught_up = caught_up
        self._metrics = metrics
        #: Whether something was kept here that the index may not show yet.
        self._has_stored = False
        self._hearing: asyncio.Task[_Heard] | None = None

    async def run(self) -> None:
        """Serve until the peer releases; raise Aborted or BadPdu when it ends otherwise."""
        try:
            while True:
                await self._one()
        except Released:
            # What was stored here can be seen by whoever comes after (architecture.md, Deciding).
            await self._see_what_was_stored()
            await self._association.release()
        finally:
            await self._stop_hearing()

    async def _one(self) -> None:
        context, command = await self._hear()
        exchange = Exchange(self._association, context, command)
        refusal = self._association.agreement.offer.refusal(context.abstract_syntax, command.field)
        if refusal is not None:
            await self._refuse(exchange, refusal)
            return
        if command.field is Field.C_STORE_RQ:
            if not command.has_data_set:
                raise BadPdu(AbortReason.UNEXPECTED_PARAMETER)
            self._has_stored = await self._store.run(exchange) or self._has_stored
            return
        if command.has_data_set:
            exchange.identifier = await self._identifier(context)
        operation = self._operations.get(command.field)
        if operation is not None:
            await self._carry_out(operation, exchange)
        elif not command.field & 0x8000 and command.field is not Field.C_CANCEL_RQ:
            await exchange.respond(Status.UNRECOGNIZED_OPERATION)
        # A cancellation that came too late, or a response to nothing: there is nothing to say.

    async def _refuse(self, exchange: Exchange, status: Status) -> None:
        """Answer what may not be asked here, after its data set, which belongs to no other message."""
        if exchange.command.has_data_set:
            async for _ in self._association.data_set(exchange.context):
                pass
        operation = exchange.command.field.name.removesuffix("_RQ").replace("_", "-").lower()
        log.info("request_refused", operation=operation, status=f"{status:#06x}")
        self._metrics.answered(operation, status)
        await exchange.respond(status)

    async def _carry_out(self, operation: Operation, exchange: Exchange) -> None:
        try:
            if exchange.command.field in _QUESTIONS:
                await self._see_what_was_stored()
                with self._association.busy():
                    await self._while_hearing(operation, exchange)
            else:
                await operation(exchange)
        except (Aborted, Released, BadPdu):
            raise
        except Exception as error:
            # Nothing may leave an operation unanswered; what went wrong is ours to find, not the peer's.
            log.exception("operation_failed", operation=exchange.command.field.name, exc_info=error)
            await exchange.respond(Status.CANNOT_UNDERSTAND, comment="Internal error")

    async def _while_hearing(self, operation: Operation, exchange: Exchange) -> None:
        """Carry out an operation that the peer may cancel, or answer in the middle of."""
        working = asyncio.ensure_future(operation(exchange))
        try:
            while not working.done():
                hearing = self._start_hearing()
                await asyncio.wait({working, hearing}, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done() and not working.done():
                    await self._during(exchange, *await self._hear())
            await working
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await working

    async def _during(self, exchange: Exchange, context: Context, command: Command) -> None:
        if command.field is Field.C_CANCEL_RQ:
            if command.responded_to == exchange.command.message_id:
                exchange.cancelled.set()
        elif command.field is Field.C_STORE_RSP:
            if command.has_data_set:
                await self._identifier(context)
            exchange.responses.put_nowait(command)
        else:
            # Asynchronous operations were not negotiated (PS3.7 D.3.3.3).
            raise BadPdu(AbortReason.UNEXPECTED_PDU)

    async def _identifier(self, context: Context) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in self._association.data_set(context):
            size += len(piece)
            if size > _MOST_IDENTIFIER_BYTES:
                raise BadPdu(AbortReason.UNEXPECTED_PARAMETER)
            pieces.append(piece)
        return b"".join(pieces)

    async def _see_what_was_stored(self) -> None:
        if self._has_stored:
            await self._caught_up()
            self._has_stored = False

    # A read that was begun is never cut short: a PDU half read could not be found again. So it is a task that
    # outlives the operation during which it was begun.

    def _start_hearing(self) -> asyncio.Task[_Heard]:
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._read())
        return self._hearing

    async def _hear(self) -> _Heard:
        if self._hearing is None:
            return await self._read()
        hearing, self._hearing = self._hearing, None
        return await hearing

    async def _read(self) -> _Heard:
        context, raw = await self._association.command()
        try:
            return context, decode(raw)
        except BadCommand:
            raise BadPdu(AbortReason.UNEXPECTED_PARAMETER) from None

    async def _stop_hearing(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._hearing
