"""Conversations with modalities, which are known by name."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from axial.common.dictionary import Dictionary
from axial.common.errors import Inexistent
from axial.common.modalities import Modality
from axial.dimse.asking.conversation import Conversation, conversation
from axial.dimse.reaching import Reach
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.retrieval.identifiers import Keys, writer_of


@dataclass(frozen=True, slots=True)
class Remotes:
    """Who can be asked, and what is needed to ask."""

    #: The modalities by name, with all that was answered before, by any replica.
    known: Callable[[], Awaitable[Mapping[str, Modality]]]
    reach: Reach
    dictionary: Dictionary
    #: The character set of texts that name none, at the moment.
    default_encoding: Callable[[], str]

    async def find(self, name: str) -> Modality:
        """Find a modality; raise Inexistent, or Unavailable."""
        modality = (await self.known()).get(name)
        if modality is None:
            raise Inexistent(f"No modality with symbolic name: {name}")
        return modality

    def local_aet(self, modality: Modality, asked: str = "") -> str:
        """Tell how we call ourselves: as the modality's `LocalAet` says, else as it is asked for."""
        return modality.local_aet or asked or self.reach.own_aet

    @asynccontextmanager
    async def conversation(
        self,
        modality: Modality,
        contexts: Sequence[Proposed],
        *,
        local_aet: str = "",
        patience_seconds: int | None = None,
    ) -> AsyncIterator[Conversation]:
        """Associate with a modality; raise Refused, and from within Broken."""
        local_aet = self.local_aet(modality, local_aet)
        peer = self.reach.peer(modality, local_aet=local_aet, timeout=patience_seconds)
        async with conversation(peer, contexts) as line:
            yield line

    def writer(self, keys: Keys) -> Callable[[str], bytes]:
        """Prepare to write an identifier."""
        return writer_of(keys, self.default_encoding(), self.dictionary)
