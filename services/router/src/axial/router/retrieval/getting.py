"""Jobs by C-GET: a modality sends us what is meant, on the association on which we ask."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from axial.common.clients.ingest import IngestClient
from axial.common.errors import Unavailable
from axial.common.runtime.settings import RuntimeSettings
from axial.common.sop_classes import GET_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.counts import Step
from axial.dimse.asking.get import get
from axial.dimse.messages.commands import Command
from axial.dimse.receiving import Received, Sides, receive
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.index_client import IndexClient
from axial.router.jobs.kind import Work
from axial.router.retrieval.classes import classes_to_take
from axial.router.retrieval.job import retrieve, service_for
from axial.router.retrieval.keys import Tags
from axial.router.retrieval.receipts import Receipts
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method

# How often a command is asked for again because ingest was away.
_MOST_WAITS = 5


@dataclass(frozen=True, slots=True)
class GetJobs:
    """The kind `DicomGetScu`."""

    remotes: Remotes
    ingest: IngestClient
    index: IndexClient
    #: As they are now: they say what we take in.
    settings: Callable[[], RuntimeSettings]

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return Method.GET.job_type

    async def run(self, work: Work) -> None:
        """Get all that was not yet; an instance that comes again is found to be there already."""
        await retrieve(work, self.remotes, _Getting(self, work))
        # Whoever waits for the job finds in the index what has come.
        await self.index.caught_up()


@dataclass(frozen=True, slots=True)
class _Getting:
    kind: GetJobs
    work: Work

    @property
    def method(self) -> Method:
        return Method.GET

    def contexts(self) -> Sequence[Sequence[Proposed]]:
        settings = self.kind.settings()
        told = [command["sop_classes"] for command in self.work.parameters["commands"]]
        return [
            proposals.get(classes, settings.accepted_transfer_syntaxes)
            for classes in classes_to_take(told, settings.accepted_sop_classes)
        ]

    def steps(self, line: Conversation, place: int, keys: Tags) -> AsyncGenerator[Step, None]:
        peer = line.peer
        sides = Sides(line.association.peer_ip, peer.titles.called, peer.titles.calling)
        receipts = Receipts(self.work.content["Details"][place]["ReceivedInstancesIds"])

        async def take(association: Association, context: Context, command: Command) -> Received:
            taken = await receive(self.kind.ingest, sides, association, context, command)
            if taken.is_away and self._may_wait(place):
                # No fault of the modality's: the job waits, and asks again.
                raise Unavailable
            if taken.instance_id:
                receipts.add([taken.instance_id])
            return taken

        service = service_for(line, keys, *GET_CLASSES)
        return get(line, service, self.kind.remotes.writer(keys), take)

    def _may_wait(self, place: int) -> bool:
        """Tell whether to wait for ingest, which may also fail at one instance for ever."""
        state = self.work.state
        before = state.get("away", [place, 0])
        times = before[1] + 1 if before[0] == place else 1
        state["away"] = [place, times]
        return bool(times <= _MOST_WAITS)
