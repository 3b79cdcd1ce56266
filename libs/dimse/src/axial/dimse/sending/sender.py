"""Instance after instance to one peer, on associations of ours."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from itertools import count

import structlog

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.errors import AxialError, Untranscodable
from axial.common.rewriting import NotConvertible
from axial.dimse.messages.commands import BadCommand, Command, decode
from axial.dimse.sending.associations import Associations, Open
from axial.dimse.sending.contexts import (
    Kind,
    choices,
    is_enough,
    kind_of,
    proposals,
    touches_pixels,
)
from axial.dimse.sending.data_sets import NotAFile, begin
from axial.dimse.sending.instances import Conversion, Files, Instance, Transcoder
from axial.dimse.sending.sub_operation import (
    CutShort,
    Line,
    Originator,
    SubOperation,
    Unanswered,
    store,
)
from axial.dimse.upper_layer.association import Aborted, Association, Released, Silent
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu
from axial.dimse.upper_layer.proposal import Proposed
from axial.dimse.upper_layer.requestor import Peer, Refused, Requestor

log = structlog.get_logger(__name__)

# What a message may be numbered with.
_HIGHEST_MESSAGE_ID = 0xFFFF
# Of a peer, if we have no limit ourselves: few wait for less before they end an idle association.
_PATIENCE_SECONDS = 10.0
# A peer that breaks off whatever is sent to it is not helped by the next instance.
_MOST_BREAKS = 3


class NotSent(Exception):
    """This instance was not sent, or nobody knows what became of it; the next one may be."""


class NotTaken(NotSent):
    """The peer accepts no presentation context that the instance can go through."""


class NotWritable(NotSent):
    """The instance cannot be written as the peer would take it."""


class NotRead(NotSent):
    """The instance cannot be read from where it is kept: not the peer's fault."""

    def __init__(self, error: AxialError) -> None:
        super().__init__()
        self.error = error


class Broken(NotSent):
    """The association broke; its message says how, in words of ours."""

    def __init__(self, error: Exception, *, is_doubtful: bool, may_be_stale: bool) -> None:
        #: Whether it just did not answer in time.
        self.was_silent = _is_or_comes_of(error, Silent)
        super().__init__(_how(error))
        #: Whether the peer may have taken the instance even so.
        self.is_doubtful = is_doubtful
        #: Whether the peer may have ended the association before, when nothing was asked of it.
        self.may_be_stale = may_be_stale


class Gone(Exception):
    """The peer cannot be reached, or not any more: no instance will get there now. Its message says why."""


class Sender:
    """Sends instances of some kinds to one peer; associates when the first one is sent, again when that broke."""

    def __init__(
        self,
        peer: Peer,
        kinds: Iterable[Kind],
        files: Files,
        dictionary: Dictionary = STANDARD,
        associations: Associations | None = None,
        conversion: Conversion | None = None,
    ) -> None:
        self._peer = peer
        #: None when instances are to go with the pixels as they are, or not at all.
        self._transcoder = conversion.transcoder if conversion else None
        self._transcoding = conversion.targets if conversion else ()
        self._proposals = proposals(kinds, self._transcoding)
        self._files = files
        self._dictionary = dictionary
        self._associations = associations or Associations()
        self._open: Open | None = None
        #: Whether it was kept from before, and the peer has not said anything since.
        self._is_kept = False
        #: Whether it was negotiated before.
        self._is_old = False
        self._breaks = 0
        self._message_ids = count(1)

    async def send(self, instance: Instance, originator: Originator | None = None) -> int:
        """Send an instance and return the status of the response; raise NotSent or Gone."""
        requestor = await self.associate(instance)
        try:
            return await self._send(requestor, instance, originator)
        except Broken as broken:
            if broken.is_doubtful or not broken.may_be_stale:
                raise
        # It had ended before, and nothing of the instance can have been taken.
        requestor = await self.associate(instance)
        return await self._send(requestor, instance, originator)

    async def _send(
        self, requestor: Requestor, instance: Instance, originator: Originator | None
    ) -> int:
        contexts = self._contexts(requestor, instance)
        if not contexts and self._is_old:
            # The peer may have been told since to take it.
            requestor = await self._negotiate_anew(requestor, instance)
            contexts = self._contexts(requestor, instance)
        for context in contexts:
            try:
                return await self._store(requestor, context, instance, originator)
            except NotWritable:
                # It may be in another way, unless some of it was sent already.
                if self._open is None or context is contexts[-1]:
                    raise
        raise NotTaken

    def _contexts(self, requestor: Requestor, instance: Instance) -> Sequence[Context]:
        return choices(instance, requestor.association.agreement.contexts, self._transcoding)

    async def _store(
        self,
        requestor: Requestor,
        context: Context,
        instance: Instance,
        originator: Originator | None,
    ) -> int:
        message_id = next(self._message_ids) % _HIGHEST_MESSAGE_ID + 1
        operation = SubOperation(instance, context, message_id, originator)
        association = requestor.association
        line = Line(association, partial(_response, association), self._peer.patience_seconds)
        try:
            status = await send_file(
                line, operation, self._files, self._dictionary, self._transcoder
            )
        except NotSent:
            raise
        except (Aborted, Released, BadPdu) as error:
            may_be_stale = self._is_kept or self._was_idle(association)
            self._is_kept = False
            if not may_be_stale:
                self._breaks += 1
            await self._break_off(requestor)
            raise Broken(
                error,
                is_doubtful=isinstance(error, Unanswered),
                may_be_stale=may_be_stale,
            ) from error
        except CutShort as error:
            await self._break_off(requestor)
            raise _unsent(error.__cause__) from error
        except BaseException:
            await self._break_off(requestor)
            raise
        self._breaks = 0
        self._is_kept = False
        return status

    def _was_idle(self, association: Association) -> bool:
        """Tell whether the instance took so long to be read that the peer may have given up waiting for it."""
        patience = self._peer.patience_seconds or _PATIENCE_SECONDS
        return association.pause_seconds > patience / 2

    async def aclose(self) -> None:
        """Give the association back for what is sent to this peer next, if one is open."""
        association, self._open = self._open, None
        if association is not None:
            await self._associations.give_back(self._peer, association)

    async def associate(self, instance: Instance) -> Requestor:
        """Make sure of an association on which all was proposed for an instance; raise NotSent or Gone."""
        will_do = partial(is_enough, kind=kind_of(instance), transcoding=self._transcoding)
        if self._open is not None and will_do(self._open.proposed):
            return self._open.requestor
        await self.aclose()
        if self._breaks >= _MOST_BREAKS:
            raise Gone("the association breaks again and again")
        proposed = self._proposed(instance)
        self._open = await self._associations.take(self._peer, will_do)
        self._is_kept = self._is_old = self._open is not None
        if self._open is None:
            self._open = Open(await self._associate(proposed), proposed)
        return self._open.requestor

    def _proposed(self, instance: Instance) -> Sequence[Proposed]:
        wanted = Proposed(instance.sop_class_uid, (instance.transfer_syntax_uid,))
        proposed = next((some for some in self._proposals if wanted in some), ())
        if not proposed:
            raise NotTaken
        return proposed

    async def _negotiate_anew(self, requestor: Requestor, instance: Instance) -> Requestor:
        self._open, self._is_kept, self._is_old = None, False, False
        await requestor.release()
        proposed = self._proposed(instance)
        self._open = Open(await self._associate(proposed), proposed)
        return self._open.requestor

    async def _associate(self, proposed: Sequence[Proposed]) -> Requestor:
        try:
            return await Requestor.open(self._peer, proposed)
        except Refused as error:
            # Its host is in the configuration, and no secret.
            log.warning(
                "destination_away", host=self._peer.host, port=self._peer.port, reason=str(error)
            )
            raise Gone(str(error)) from error

    async def _break_off(self, requestor: Requestor) -> None:
        self._open = None
        await requestor.abort()


def _how(error: Exception) -> str:
    """Tell in words how an association broke."""
    if _is_or_comes_of(error, Silent):
        return "no response in time"
    if _is_or_comes_of(error, BadPdu):
        return "the peer does not keep to the protocol"
    return "the peer ended the association"


def _is_or_comes_of(error: Exception, kind: type[Exception]) -> bool:
    return isinstance(error, kind) or isinstance(error.__cause__, kind)


def _unsent(error: BaseException | None) -> NotSent:
    """Tell why an instance cannot be sent that is not the peer's fault."""
    if isinstance(error, AxialError) and not isinstance(error, Untranscodable):
        return NotRead(error)
    return NotWritable()


async def send_file(
    line: Line,
    operation: SubOperation,
    files: Files,
    dictionary: Dictionary,
    transcoder: Transcoder | None = None,
) -> int:
    """Send an instance's file on an association.

    Raises NotRead or NotWritable while nothing was sent, else as `store`.
    """
    instance, context = operation.instance, operation.context
    if transcoder is not None and touches_pixels(instance, context):
        opened = transcoder.open(instance.id, context.transfer_syntax)
    else:
        opened = files.open(instance.id)
    try:
        async with opened as file:
            begun = await begin(file)
            if touches_pixels(instance, context):
                # One whose values have changed is another instance (PS3.3 section C.7.6.1.1.5).
                operation = _named(operation, begun.meta.media_storage_sop_instance_uid)
            async with aclosing(begun.data_set(context.transfer_syntax, dictionary)) as pieces:
                return await store(line, operation, pieces)
    except (AxialError, NotAFile, NotConvertible) as error:
        raise _unsent(error) from error


def _named(operation: SubOperation, sop_instance_uid: str) -> SubOperation:
    instance = operation.instance
    uid = sop_instance_uid or instance.sop_instance_uid
    return replace(operation, instance=replace(instance, sop_instance_uid=uid))


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
