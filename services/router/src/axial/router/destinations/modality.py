"""Sending to a remote modality, by C-STORE."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from axial.common.dictionary import Dictionary
from axial.common.modalities import Modality
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.dimse.sending.contexts import Kind, may_change
from axial.dimse.sending.instances import Conversion, Files, Instance
from axial.dimse.sending.sender import Broken, Gone, NotRead, NotTaken, NotWritable, Sender
from axial.dimse.sending.sub_operation import Originator
from axial.dimse.upper_layer.requestor import Peer, Refused
from axial.router.destinations.dimse_verdicts import outcome_of
from axial.router.destinations.holdings import Holdings
from axial.router.destinations.port import Line, Outcome, Verdict
from axial.router.index_client import IndexClient


@dataclass(frozen=True, slots=True)
class Means:
    """What sending to any modality takes."""

    reach: Reach
    files: Files
    dictionary: Dictionary
    associations: Associations
    index: IndexClient
    #: None when nothing is transcoded for anybody (`TranscodeDicomProtocol`).
    conversion: Conversion | None = None

    def to(
        self, modality: Modality, *, local_aet: str = "", timeout: int | None = None
    ) -> "ModalityDestination":
        """Make a modality a destination; what is given here overrules what it says itself."""
        return ModalityDestination(self, modality, local_aet, timeout)

    def written(self, parameters: Mapping[str, Any]) -> "ModalityDestination":
        """Find the destination that was written down by `ModalityDestination.parameters`."""
        modality = Modality.model_validate(parameters["modality"])
        return ModalityDestination(self, modality, parameters["local_aet"], parameters["timeout"])


@dataclass(frozen=True, slots=True)
class ModalityDestination:
    """A modality, as it was known when it was looked for."""

    means: Means
    modality: Modality
    local_aet: str = ""
    timeout: int | None = None

    @property
    def calling_aet(self) -> str:
        """How we call ourselves towards it."""
        return self.local_aet or self.modality.local_aet or self.means.reach.own_aet

    def parameters(self) -> dict[str, Any]:
        """Write it down for a job, which goes on with it whatever becomes of the name."""
        return {
            "modality": self.modality.model_dump(mode="json"),
            "local_aet": self.local_aet,
            "timeout": self.timeout,
        }

    def peer(self) -> Peer:
        """Tell how to connect to it; raise Refused."""
        return self.means.reach.peer(self.modality, local_aet=self.local_aet, timeout=self.timeout)

    def line(self, kinds: Iterable[Kind]) -> AbstractAsyncContextManager[Line]:
        """Prepare to send instances of some kinds."""
        return self._line(tuple(kinds))

    @asynccontextmanager
    async def _line(self, kinds: tuple[Kind, ...]) -> AsyncIterator[Line]:
        try:
            peer = self.peer()
        except Refused as refused:
            yield _Unreachable(_connecting(self.modality.aet, refused))
            return
        means = self.means
        conversion = means.conversion if self.modality.allow_transcoding else None
        async with AsyncExitStack() as stack:
            sender = Sender(
                peer,
                kinds,
                means.files,
                means.dictionary,
                means.associations,
                conversion,
            )
            stack.push_async_callback(sender.aclose)
            holdings = Holdings(peer, means.index, means.dictionary)
            stack.push_async_callback(holdings.aclose)
            targets = conversion.targets if conversion else ()
            yield _ModalityLine(sender, holdings, self.modality.aet, targets)


class _ModalityLine:
    """The way to one modality."""

    def __init__(
        self, sender: Sender, holdings: Holdings, aet: str, targets: Sequence[str]
    ) -> None:
        self._sender = sender
        self._holdings = holdings
        self._aet = aet
        #: What instances may be transcoded to.
        self._targets = targets

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:
        """Send one instance."""
        try:
            return await self._send(instance, originator)
        except Broken as broken:
            if not (broken.is_doubtful and broken.may_be_stale):
                return await self._broken(instance, broken)
        # The association was kept from before, and may have been over already.
        if await self.has(instance):
            return Outcome(Verdict.DELIVERED)
        try:
            return await self._send(instance, originator)
        except Broken as broken:
            return await self._broken(instance, broken)

    async def has(self, instance: Instance) -> bool | None:
        """Ask by C-FIND whether it has an instance; None when it cannot be asked."""
        is_there = await self._holdings.has(instance)
        if is_there is False and may_change(instance, self._targets):
            # It may be there under another UID.
            return None
        return is_there

    async def keeps(self, instance: Instance, md5: str) -> bool | None:
        """Ask for the instance: by DICOM nobody tells which file it is."""
        del md5
        return await self.has(instance)

    async def _send(self, instance: Instance, originator: Originator | None) -> Outcome:
        try:
            return outcome_of(await self._sender.send(instance, originator), self._aet)
        except NotRead as error:
            raise error.error from error
        except NotTaken:
            said = f'Unable to negotiate a presentation context with AET "{self._aet}"'
            return Outcome(Verdict.REFUSED, "dimse", reason=said)
        except NotWritable:
            return Outcome(
                Verdict.REFUSED, reason="The file cannot be written as it would be taken"
            )
        except Gone as gone:
            return _connecting(self._aet, gone)

    async def _broken(self, instance: Instance, broken: Broken) -> Outcome:
        """Judge an association that broke: whoever can be reached even so did not like this instance."""
        said = f'DicomAssociation - C-STORE to AET "{self._aet}": {broken}'
        verdict = Verdict.AWAY
        if not broken.was_silent:
            try:
                await self._sender.associate(instance)
                verdict = Verdict.FAILED
            except Gone:
                pass
        return Outcome(verdict, reason=said, is_doubtful=broken.is_doubtful, is_broken=True)


@dataclass(frozen=True, slots=True)
class _Unreachable:
    """The way to a modality to which there is none."""

    outcome: Outcome

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:  # noqa: ARG002
        """Tell why not."""
        return self.outcome

    async def has(self, instance: Instance) -> bool | None:  # noqa: ARG002
        """Nobody can tell."""
        return None

    async def keeps(self, instance: Instance, md5: str) -> bool | None:  # noqa: ARG002
        """Nobody can tell."""
        return None


def _connecting(aet: str, error: Gone | Refused) -> Outcome:
    return Outcome(Verdict.AWAY, reason=f'DicomAssociation - connecting to AET "{aet}": {error}')
