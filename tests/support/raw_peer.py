"""A peer that may say anything: bytes into the gateway's socket, and what comes back."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import SecretStr

from axial.cli.ports import LOOPBACK
from axial.common.clients.ingest import Arrival, IngestClient
from axial.common.sop_classes import VERIFICATION
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE
from axial.common.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.messages.commands import Element, Elements, Field, encode
from axial.dimse.upper_layer.pdus import PduType, data_pdu
from axial.dimse.upper_layer.proposal import Proposed, Titles, request_pdu

CT_CONTEXT, ECHO_CONTEXT = 1, 3
ASSOCIATE = request_pdu(
    Titles("MODALITY", "AXIAL"),
    [
        Proposed(CT_IMAGE_STORAGE, (IMPLICIT_VR_LITTLE_ENDIAN,)),
        Proposed(VERIFICATION, (IMPLICIT_VR_LITTLE_ENDIAN,)),
    ],
    16384,
)
ECHO = data_pdu(
    ECHO_CONTEXT,
    encode(Field.C_ECHO_RQ, {Element.AFFECTED_SOP_CLASS_UID: VERIFICATION, Element.MESSAGE_ID: 1}),
    command=True,
    last=True,
)
# The gateway gives up on a peer at the latest after its own timers, which the tests shorten.
_END_WITHIN_SECONDS = 30.0


def store_request(uid: str = "1.2.3.4", *, data_set: bool = True) -> bytes:
    """Write a C-STORE request, as a PDU; its data set is to follow."""
    elements: Elements = {
        Element.AFFECTED_SOP_CLASS_UID: CT_IMAGE_STORAGE,
        Element.AFFECTED_SOP_INSTANCE_UID: uid,
        Element.MESSAGE_ID: 1,
    }
    raw = encode(Field.C_STORE_RQ, elements, data_set=data_set)
    return data_pdu(CT_CONTEXT, raw, command=True, last=True)


def piece(data: bytes, *, last: bool, context: int = CT_CONTEXT) -> bytes:
    """Write a piece of a data set, as a PDU."""
    return data_pdu(context, data, command=False, last=last)


class Basket(IngestClient):
    """Takes everything in, in ingest's place, once it is whole."""

    def __init__(self) -> None:
        super().__init__(f"http://{LOOPBACK}:1", SecretStr(""))
        self.taken: list[tuple[str, bytes]] = []

    async def store(self, arrival: Arrival, file: bytes) -> str:
        """Take a whole file."""
        self.taken.append((arrival.sop_instance_uid, file))
        return arrival.sop_instance_uid

    async def store_pieces(self, arrival: Arrival, pieces: AsyncIterator[bytes]) -> str:
        """Take a file that comes in pieces."""
        return await self.store(arrival, b"".join([piece async for piece in pieces]))


@dataclass(frozen=True, slots=True)
class Heard:
    """What the gateway said until it closed, as PDUs."""

    pdus: list[tuple[PduType, bytes]] = field(default_factory=list)

    @property
    def kinds(self) -> list[PduType]:
        """Their types."""
        return [kind for kind, _ in self.pdus]

    @property
    def abort(self) -> tuple[int, int] | None:
        """Source and reason of an A-ABORT at the end."""
        if self.kinds[-1:] != [PduType.ABORT]:
            return None
        body = self.pdus[-1][1]
        return body[2], body[3]


async def talk(port: int, *said: bytes, leaves: bool = True) -> Heard:
    """Say something, leave or not, and hear all until the gateway closes the connection."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    raw = b""
    try:
        async with asyncio.timeout(_END_WITHIN_SECONDS):
            try:
                writer.write(b"".join(said))
                if leaves:
                    writer.write_eof()
                while read := await reader.read(65536):
                    raw += read
            except ConnectionError:
                # Closed while we were still talking.
                pass
    finally:
        writer.transport.abort()
    return Heard(list(_pdus(raw)))


def _pdus(raw: bytes) -> list[tuple[PduType, bytes]]:
    found = []
    while raw:
        kind, length = struct.unpack_from(">BxI", raw)
        assert len(raw) >= 6 + length, "what we say is whole"
        found.append((PduType(kind), raw[6 : 6 + length]))
        raw = raw[6 + length :]
    return found
