"""An established association: fragments in, messages out, and how it ends."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress

from axial.dimse.upper_layer.negotiation import Agreement, Context
from axial.dimse.upper_layer.pdus import (
    PDV_OVERHEAD_BYTES,
    RELEASE_RP,
    AbortReason,
    BadPdu,
    Fragment,
    PduType,
    abort_pdu,
    data_pdu,
    fragments,
    read_pdu,
)

# When the peer sets no limit, or a huge one: what is framed at once, in bytes.
_LONGEST_SENT_BYTES = 128 * 1024
# How long an association may be silent once we want to stop: between two requests of a quick sender.
_LAST_SILENCE_SECONDS = 1.0
# Linux alone has it, and forgets it by itself.
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
# A command set has at most some 25 short elements; identifiers are small, too. Instances are not read whole.
_MOST_COMMAND_BYTES = 64 * 1024

#: What it means to write to a connection that is over: uvloop says so by a RuntimeError.
GONE = (OSError, RuntimeError)


class Released(Exception):
    """The peer has asked to release the association."""


class Aborted(Exception):
    """The association is over: the peer aborted it, or went away."""


class Silent(Aborted):
    """The association is over: the peer was silent for too long."""


class Association:
    """Reads fragments one at a time, so that a peer which is faster than we are has to wait."""

    def __init__(
        self,
        agreement: Agreement,
        peer_ip: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        maximum_bytes: int,
        idle_seconds: float,
    ) -> None:
        self.agreement = agreement
        self.peer_ip = peer_ip
        self._reader = reader
        self._writer = writer
        self._socket = writer.get_extra_info("socket")
        self._maximum_bytes = maximum_bytes
        self._idle_seconds = idle_seconds
        #: Of the read that waits now, if one does.
        self._patience: asyncio.Timeout | None = None
        self._is_busy = False
        self._is_hurried = False
        #: Whether the next thing to come would be a message.
        self._is_between = False
        #: Whether the peer has asked to release it.
        self.is_released = False
        self._heard_at = asyncio.get_running_loop().time()
        #: How long nothing had come from the peer when it was last asked for something.
        self.pause_seconds = 0.0
        self._waiting: deque[Fragment] = deque()
        longest = min(agreement.peer_maximum_bytes or _LONGEST_SENT_BYTES, _LONGEST_SENT_BYTES)
        #: How much of a message goes into one PDU: an even number of bytes (PS3.8 annex E.1).
        self.fragment_bytes = max((longest - PDV_OVERHEAD_BYTES) & ~1, 2)

    def context(self, context_id: int) -> Context:
        """Give an accepted presentation context; raise BadPdu for another."""
        try:
            return self.agreement.contexts[context_id]
        except KeyError:
            raise BadPdu(AbortReason.INVALID_PARAMETER) from None

    async def fragment(self) -> Fragment:
        """Wait for the next fragment; raise Released, Aborted or BadPdu."""
        while not self._waiting:
            self._waiting.extend(fragments(await self._data()))
        return self._waiting.popleft()

    async def _data(self) -> bytes:
        try:
            async with asyncio.timeout(self._silence()) as self._patience:
                kind, body = await read_pdu(self._reader, self._maximum_bytes, self._acknowledge)
        except TimeoutError:
            self.abort()
            raise Silent from None
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Aborted from error
        finally:
            self._patience = None
        self._heard_at = asyncio.get_running_loop().time()
        match kind:
            case PduType.P_DATA_TF:
                return body
            case PduType.RELEASE_RQ:
                self.is_released = True
                raise Released
            case PduType.ABORT:
                raise Aborted
        raise BadPdu(AbortReason.UNEXPECTED_PDU)

    def _acknowledge(self) -> None:
        """Have TCP acknowledge what has come at once.

        A peer that leaves Nagle's algorithm on, as DCMTK does, sends a PDU's head alone and waits for that before it
        sends the rest: 40 ms for every message.
        """
        if _QUICKACK is not None and self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def _silence(self) -> float | None:
        """Tell how long the peer may be silent from now on."""
        if self._is_busy:
            return None
        if self._is_hurried and self._is_between:
            return _LAST_SILENCE_SECONDS
        return self._idle_seconds or None

    def _be_patient_anew(self) -> None:
        seconds = self._silence()
        if self._patience is not None and not self._patience.expired():
            now = asyncio.get_running_loop().time()
            self._patience.reschedule(None if seconds is None else now + seconds)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Let the peer be silent while it waits for us."""
        self._is_busy = True
        self._be_patient_anew()
        try:
            yield
        finally:
            self._is_busy = False
            self._be_patient_anew()

    def hurry(self) -> None:
        """End it as soon as the peer is silent, with nothing in hand for it."""
        self._is_hurried = True
        self._be_patient_anew()

    async def command(self) -> tuple[Context, bytes]:
        """Wait for the next command set, whole."""
        pieces: list[bytes] = []
        size = 0
        self._is_between = True
        while True:
            fragment = await self.fragment()
            self._is_between = False
            size += len(fragment.data)
            if not fragment.is_command or size > _MOST_COMMAND_BYTES:
                raise BadPdu(AbortReason.UNEXPECTED_PARAMETER)
            pieces.append(fragment.data)
            if fragment.is_last:
                return self.context(fragment.context_id), b"".join(pieces)

    async def data_set(self, context: Context) -> AsyncGenerator[bytes, None]:
        """Wait for the data set that follows a command, piece by piece."""
        while True:
            fragment = await self.fragment()
            if fragment.is_command or fragment.context_id != context.id:
                raise BadPdu(AbortReason.UNEXPECTED_PARAMETER)
            yield fragment.data
            if fragment.is_last:
                return

    async def send_command(self, context: Context, raw: bytes) -> None:
        """Send a command set; raise Aborted when the peer is gone."""
        self.pause_seconds = asyncio.get_running_loop().time() - self._heard_at
        await self._send(context, raw, command=True, last=True)

    async def send_data_set(
        self, context: Context, raw: bytes | memoryview, *, last: bool = True
    ) -> None:
        """Send a data set, or a piece of one: the peer's slowness is waited for."""
        await self._send(context, raw, command=False, last=last)

    async def _send(
        self, context: Context, raw: bytes | memoryview, *, command: bool, last: bool
    ) -> None:
        view = memoryview(raw)
        size = self.fragment_bytes
        try:
            for start in range(0, max(len(view), 1), size):
                piece = view[start : start + size]
                is_last = last and start + size >= len(view)
                # One write a PDU: never a head alone, which a delayed acknowledgement would hold up.
                self._writer.write(data_pdu(context.id, piece, command=command, last=is_last))
                # A peer that does not read is as silent as one that does not speak.
                async with asyncio.timeout(self._idle_seconds or None):
                    await self._writer.drain()
        except GONE as error:
            raise Aborted from error

    async def release(self) -> None:
        """Answer the peer's release; then the peer closes."""
        with suppress(*GONE):
            self._writer.write(RELEASE_RP)
            await self._writer.drain()

    def abort(self, reason: AbortReason | None = None) -> None:
        """Send an A-ABORT and let nothing follow it."""
        with suppress(*GONE):
            self._writer.write(abort_pdu(reason))
