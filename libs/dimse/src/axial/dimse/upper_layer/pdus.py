"""Protocol data units, as they are framed on the wire (PS3.8 section 9.3)."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class PduType(IntEnum):
    """The first byte of a PDU."""

    ASSOCIATE_RQ = 0x01
    ASSOCIATE_AC = 0x02
    ASSOCIATE_RJ = 0x03
    P_DATA_TF = 0x04
    RELEASE_RQ = 0x05
    RELEASE_RP = 0x06
    ABORT = 0x07


class AbortReason(IntEnum):
    """Why the provider aborts (PS3.8 table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER = 6


class BadPdu(Exception):
    """The peer sent something that is not a PDU, or not now."""

    def __init__(self, reason: AbortReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


_HEAD = struct.Struct(">BxI")
_ITEM = struct.Struct(">IBB")
# Four bytes of length, and what the length counts besides the fragment: context and control header.
PDV_OVERHEAD_BYTES = 6
_COUNTED_BYTES = 2

_COMMAND = 0x01
_LAST = 0x02

# A request with 128 contexts of 30 transfer syntaxes each is 140 KB; a stranger may not make us keep more.
_MOST_BYTES_BESIDES_DATA = 1024 * 1024

RELEASE_RQ = bytes((PduType.RELEASE_RQ, 0, 0, 0, 0, 4, 0, 0, 0, 0))
RELEASE_RP = bytes((PduType.RELEASE_RP, 0, 0, 0, 0, 4, 0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A presentation data value: a piece of one message's command or data set."""

    context_id: int
    is_command: bool
    is_last: bool
    data: bytes


async def read_pdu(
    reader: asyncio.StreamReader,
    longest_data_bytes: int,
    begun: Callable[[], None] | None = None,
) -> tuple[PduType, bytes]:
    """Read one PDU without its head; raise BadPdu, or IncompleteReadError when the peer is gone.

    `longest_data_bytes` is the most that a P-DATA-TF may carry: what was negotiated. `begun` hears of each head.
    """
    number, length = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    try:
        kind = PduType(number)
    except ValueError:
        raise BadPdu(AbortReason.UNRECOGNIZED_PDU) from None
    most = longest_data_bytes if kind is PduType.P_DATA_TF else _MOST_BYTES_BESIDES_DATA
    if length > most:
        raise BadPdu(AbortReason.INVALID_PARAMETER)
    if begun is not None:
        begun()
    return kind, await reader.readexactly(length)


def fragments(body: bytes) -> Iterator[Fragment]:
    """Take the presentation data values out of a P-DATA-TF; raise BadPdu."""
    position = 0
    while position < len(body):
        try:
            length, context_id, control = _ITEM.unpack_from(body, position)
        except struct.error:
            raise BadPdu(AbortReason.INVALID_PARAMETER) from None
        end = position + 4 + length
        if length < _COUNTED_BYTES or end > len(body):
            raise BadPdu(AbortReason.INVALID_PARAMETER)
        data = body[position + PDV_OVERHEAD_BYTES : end]
        yield Fragment(context_id, bool(control & _COMMAND), bool(control & _LAST), data)
        position = end


def data_pdu(context_id: int, data: bytes | memoryview, *, command: bool, last: bool) -> bytes:
    """Frame one fragment as a P-DATA-TF of its own."""
    control = (_COMMAND if command else 0) | (_LAST if last else 0)
    counted = len(data) + _COUNTED_BYTES
    return b"".join(
        (
            _HEAD.pack(PduType.P_DATA_TF, counted + 4),
            _ITEM.pack(counted, context_id, control),
            data,
        )
    )


def abort_pdu(reason: AbortReason | None = None) -> bytes:
    """Frame an A-ABORT: by the provider with a reason, by its user without."""
    source = 0 if reason is None else 2
    return bytes((PduType.ABORT, 0, 0, 0, 0, 4, 0, 0, source, reason or 0))
