"""Instance after instance to one peer, on associations of ours."""

from collections.abc import Iterable
from contextlib import aclosing
from functools import partial
from itertools import count

import structlog

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.errors import AxialError
from axial.dimse.messages.commands import BadCommand, Command, decode
from axial.dimse.sending.contexts import Kind, choose, proposals
from axial.dimse.sending.data_sets import NotAFile, data_set
from axial.dimse.sending.instances import Files, Instance
from axial.dimse.sending.layouts import NotConvertible
from axial.dimse.sending.sub_operation import (
    CutShort,
    Line,
    Originator,
    SubOperation,
    store,
)
from axial.dimse.upper_layer.association import Aborted, Association, Released
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu
from axial.dimse.upper_layer.proposal import Proposed
from axial.dimse.upper_layer.requestor import Peer, Refused, Requestor

log = structlog.get_logger(__name__)

# What a message may be numbered with.
_HIGHEST_MESSAGE_ID = 0xFFFF
# A peer that breaks off whatever is sent to it is not helped by the next instance.
_MOST_BREAKS = 3


class NotSent(Exception):
    """This instance was not sent, or nobody knows what became of it; the next one may be."""


class Gone(Exception):
    """The peer cannot be reached, or not any more: no instance will get there now."""


class Sender:
    """Sends instances of some kinds to one peer; associates when the first one is sent, again when that broke."""

    def __init__(
        self, peer: Peer, kinds: Iterable[Kind], files: Files, dictionary: Dictionary = STANDARD
    ) -> None:
        self._peer = peer
        self._proposals = proposals(kinds)
        self._files = files
        self._dictionary = dictionary
        self._requestor: Requestor | None = None
        #: What was proposed to the association that is open.
        self._proposed: tuple[Proposed, ...] = ()
        self._breaks = 0
        self._message_ids = count(1)

    async def send(self, instance: Instance, originator: Originator | None = None) -> int:
        """Send an instance and return the status of the response; raise NotSent or Gone."""
        requestor = await self.associate(instance)
        context = choose(instance, requestor.association.agreement.contexts)
        if context is None:
            raise NotSent
        message_id = next(self._message_ids) % _HIGHEST_MESSAGE_ID + 1
        operation = SubOperation(instance, context, message_id, originator)
        association = requestor.association
        line = Line(association, partial(_response, association), self._peer.patience_seconds)
        try:
            status = await send_file(line, operation, self._files, self._dictionary)
        except NotSent:
            raise
        except (Aborted, Released, BadPdu) as error:
            self._breaks += 1
            await self._break_off(requestor)
            raise NotSent from error
        except CutShort as error:
            # The peer is not to blame.
            await self._break_off(requestor)
            raise NotSent from error
        except BaseException:
            await self._break_off(requestor)
            raise
        self._breaks = 0
        return status

    async def aclose(self) -> None:
        """Release the association, if one is open."""
        requestor, self._requestor = self._requestor, None
        if requestor is not None:
            await requestor.release()

    async def associate(self, instance: Instance) -> Requestor:
        """Make sure of an association on which the kind of an instance was proposed; raise NotSent or Gone."""
        wanted = Proposed(instance.sop_class_uid, (instance.transfer_syntax_uid,))
        if self._requestor is not None and wanted in self._proposed:
            return self._requestor
        await self.aclose()
        if self._breaks >= _MOST_BREAKS:
            raise Gone
        self._proposed = next((some for some in self._proposals if wanted in some), ())
        if not self._proposed:
            raise NotSent
        try:
            self._requestor = await Requestor.open(self._peer, self._proposed)
        except Refused as error:
            # Its host is in the configuration, and no secret.
            log.warning("destination_away", host=self._peer.host, port=self._peer.port)
            raise Gone from error
        return self._requestor

    async def _break_off(self, requestor: Requestor) -> None:
        self._requestor = None
        await requestor.abort()


async def send_file(
    line: Line, operation: SubOperation, files: Files, dictionary: Dictionary
) -> int:
    """Send an instance's file on an association; raise NotSent while nothing was sent, else as `store`."""
    syntax = operation.context.transfer_syntax
    try:
        async with (
            files.open(operation.instance.id) as file,
            aclosing(data_set(file, syntax, dictionary)) as pieces,
        ):
            return await store(line, operation, pieces)
    except (AxialError, NotAFile, NotConvertible) as error:
        raise NotSent from error


async def _response(association: Association) -> Command:
    """Hear the next response; what else may come with it is of no use."""
    context, raw = await association.command()
    try:
        response = decode(raw)
    except BadCommand:
        raise BadPdu(AbortReason.UNEXPECTED_PARAMETER) from None
    if response.has_data_set:
        async for _ in association.data_set(context):
            pass
    return response
