"""Jobs by C-MOVE: a modality sends what is meant to somebody that it knows, mostly to us."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from axial.common.sop_classes import MOVE_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.counts import Step
from axial.dimse.asking.move import move
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.jobs.kind import Work
from axial.router.retrieval.job import retrieve, service_for
from axial.router.retrieval.keys import Tags
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method


@dataclass(frozen=True, slots=True)
class MoveJobs:
    """The kind `DicomMoveScu`."""

    remotes: Remotes

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return Method.MOVE.job_type

    async def run(self, work: Work) -> None:
        """Have all moved that was not yet; a C-MOVE that was interrupted is asked for again."""
        await retrieve(work, self.remotes, _Moving(self.remotes, work.parameters["target_aet"]))


@dataclass(frozen=True, slots=True)
class _Moving:
    remotes: Remotes
    target_aet: str

    @property
    def method(self) -> Method:
        return Method.MOVE

    def contexts(self) -> Sequence[Proposed]:
        return proposals.MOVE

    def steps(self, line: Conversation, place: int, keys: Tags) -> AsyncGenerator[Step, None]:  # noqa: ARG002
        service = service_for(line, keys, *MOVE_CLASSES)
        return move(line, service, self.target_aet, self.remotes.writer(keys))
