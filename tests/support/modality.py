"""A modality that sends data sets byte for byte as they are, and may stop in the middle of one."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from axial.common.file_meta import read_file_meta
from axial.common.header import read_header
from axial.dimse.messages.commands import Command, Element, Elements, Field, decode, encode
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Requestor

TITLE = "MODALITY"
# Longer than all that the gateway and ingest wait for, so that it is never the modality who gives up.
_PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Sendable:
    """A data set, and what its sender calls it."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    data_set: bytes

    @property
    def digest(self) -> str:
        """What tells whether it arrived as it was sent."""
        return hashlib.sha256(self.data_set).hexdigest()

    @property
    def proposed(self) -> Proposed:
        """The presentation context that it takes."""
        return Proposed(self.sop_class_uid, (self.transfer_syntax,))


def sendable(file: bytes) -> Sendable:
    """Take a file apart; its meta information is not sent."""
    header = read_header(file)
    return Sendable(
        header.sop_class_uid,
        header.sop_instance_uid,
        header.transfer_syntax_uid,
        data_set_of(file),
    )


def data_set_of(file: bytes) -> bytes:
    """Take off what stands before the data set of a file."""
    return file[read_file_meta(file).dataset_offset :]


class Modality:
    """An association on which instances are sent."""

    def __init__(self, requestor: Requestor) -> None:
        self.requestor = requestor
        self._contexts = {
            (context.abstract_syntax, context.transfer_syntax): context
            for context in requestor.association.agreement.contexts.values()
        }

    def accepts(self, instance: Sendable) -> bool:
        """Tell whether its presentation context was accepted."""
        return (instance.sop_class_uid, instance.transfer_syntax) in self._contexts

    async def store(self, instance: Sendable) -> int:
        """Send an instance; return the status of the answer."""
        context = await self.begin(instance)
        await self.requestor.association.send_data_set(context, instance.data_set)
        return await self.answer()

    async def store_pieces(self, instance: Sendable, pieces: Iterable[bytes]) -> int:
        """Send a data set which is never in memory as a whole."""
        context = await self.begin(instance)
        for piece in pieces:
            await self.requestor.association.send_data_set(context, piece, last=False)
        await self.requestor.association.send_data_set(context, b"")
        return await self.answer()

    async def break_off(self, instance: Sendable) -> None:
        """Send half of an instance, and abort."""
        context = await self.begin(instance)
        half = instance.data_set[: len(instance.data_set) // 2]
        await self.requestor.association.send_data_set(context, half, last=False)
        await self.requestor.abort()

    async def begin(self, instance: Sendable) -> Context:
        """Send the request, after which the data set is expected on this context."""
        context = self._contexts[instance.sop_class_uid, instance.transfer_syntax]
        request: Elements = {
            Element.AFFECTED_SOP_CLASS_UID: instance.sop_class_uid,
            Element.AFFECTED_SOP_INSTANCE_UID: instance.sop_instance_uid,
            Element.MESSAGE_ID: 1,
            Element.PRIORITY: 0,
        }
        command = encode(Field.C_STORE_RQ, request, data_set=True)
        await self.requestor.association.send_command(context, command)
        return context

    async def answer(self) -> int:
        """Hear what became of it."""
        _, raw = await self.requestor.association.command()
        response: Command = decode(raw)
        assert response.field is Field.C_STORE_RSP
        return int(response.elements[Element.STATUS])


async def associate(port: int, contexts: Sequence[Proposed], title: str = TITLE) -> Modality:
    """Ask for an association; the caller releases or aborts it."""
    peer = Peer(Titles(title, "AXIAL"), "127.0.0.1", port, _PATIENCE_SECONDS)
    return Modality(await Requestor.open(peer, contexts))


@asynccontextmanager
async def associated(
    port: int, instances: Iterable[Sendable], title: str = TITLE
) -> AsyncIterator[Modality]:
    """Have an association for these instances, which is released at the end."""
    proposed = list(dict.fromkeys(instance.proposed for instance in instances))
    modality = await associate(port, proposed, title)
    try:
        yield modality
    except BaseException:
        await modality.requestor.abort()
        raise
    await modality.requestor.release()
