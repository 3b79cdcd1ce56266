"""Jobs by C-MOVE: a modality sends what is meant to somebody that it knows, mostly to us."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from axial.common.move_news import MoveNews
from axial.common.sop_classes import MOVE_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.counts import Step
from axial.dimse.asking.move import move
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.index_client import IndexClient
from axial.router.jobs.kind import Work
from axial.router.retrieval.job import retrieve, service_for
from axial.router.retrieval.keys import Tags
from axial.router.retrieval.numbers import MoveNumbers
from axial.router.retrieval.receipts import Receipts
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method


@dataclass(frozen=True, slots=True)
class MoveJobs:
    """The kind `DicomMoveScu`."""

    remotes: Remotes
    numbers: MoveNumbers
    news: MoveNews
    index: IndexClient

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return Method.MOVE.job_type

    async def run(self, work: Work) -> None:
        """Have all moved that was not yet; a C-MOVE that was interrupted is asked for again."""
        await retrieve(work, self.remotes, _Moving(self, work))
        if any(details["ReceivedInstancesIds"] for details in work.content["Details"]):
            # It may have come on an association that is still open: whoever waits for the job finds it in the index.
            await self.index.caught_up()


@dataclass(frozen=True, slots=True)
class _Moving:
    kind: MoveJobs
    work: Work

    @property
    def method(self) -> Method:
        return Method.MOVE

    def contexts(self) -> Sequence[Sequence[Proposed]]:
        return [proposals.MOVE]

    async def steps(self, line: Conversation, place: int, keys: Tags) -> AsyncGenerator[Step, None]:
        kind, parameters = self.kind, self.work.parameters
        receipts = Receipts(self.work.content["Details"][place]["ReceivedInstancesIds"])
        service = service_for(line, keys, *MOVE_CLASSES)
        number = await kind.numbers.next()
        asked = move(
            line,
            service,
            parameters["target_aet"],
            kind.remotes.writer(keys),
            message_id=number,
        )
        async with (
            kind.news.listening(line.peer.titles.calling, number) as arrivals,
            aclosing(asked) as steps,
        ):
            try:
                async for step in steps:
                    receipts.add(await arrivals.take(all_told=step.is_last))
                    yield step
            finally:
                receipts.add(await arrivals.take())
