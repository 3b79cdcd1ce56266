"""What jobs by C-MOVE and by C-GET have in common: command after command to one modality."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Protocol

import structlog

from axial.common.errors import AxialError
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.dimse.asking.conversation import Conversation, NotOffered
from axial.dimse.asking.counts import Step
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.jobs.kind import JobFailed, Work
from axial.router.retrieval.keys import LEVEL_NAMES, QUERY_RETRIEVE_LEVEL, Tags
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.telling import WRONG, failed, told
from axial.router.retrieval.wishes import Method, read_tags

log = structlog.get_logger(__name__)

_WARNING = 0xB000
_KIND = 0xF000


class Retrieving(Protocol):
    """What C-MOVE and C-GET differ in."""

    @property
    def method(self) -> Method:
        """Which of them it is."""
        ...

    def contexts(self) -> Sequence[Sequence[Proposed]]:
        """Tell what to propose; what has not come on one association is asked for on the next."""
        ...

    def steps(self, line: Conversation, place: int, keys: Tags) -> AsyncGenerator[Step, None]:
        """Carry out one command; `place` is its own among the job's."""
        ...


async def retrieve(work: Work, remotes: Remotes, retrieving: Retrieving) -> None:
    """Carry out the commands that were not yet; raise JobFailed at the first that fails, unless it is permissive."""
    parameters = work.parameters
    if not work.state:
        # It may have been submitted again.
        for details in work.content["Details"]:
            details |= {"DimseErrorStatus": 0, "ReceivedInstancesIds": []}
    run = _Run(work, remotes, retrieving)
    commands: list[dict[str, Any]] = parameters["commands"]
    async with run.stack:
        for place in range(work.state.get("done", 0), len(commands)):
            error = await run.command(place, read_tags(commands[place]["keys"]))
            if error is not None and not parameters["permissive"]:
                raise JobFailed(error, work.content["Details"])
            work.state["done"] = place + 1
            await work.step((place + 1) / len(commands))


class _Run:
    """One run of a job, on an association that is kept from command to command while it lasts."""

    def __init__(self, work: Work, remotes: Remotes, retrieving: Retrieving) -> None:
        self.stack = AsyncExitStack()
        self._work = work
        self._remotes = remotes
        self._retrieving = retrieving
        self._modality = Modality.model_validate(work.parameters["modality"])
        self._contexts = retrieving.contexts()
        self._line: Conversation | None = None
        #: Which of the contexts were proposed on it.
        self._turn = 0

    async def command(self, place: int, keys: Tags) -> AxialError | None:
        """Carry out one command; return what went wrong."""
        name = self._retrieving.method.value
        try:
            last = await self._in_turns(place, keys)
        except WRONG as error:
            if self._line is not None:
                await self._line.abort()
                await self.stack.aclose()
                self._line = None
            log.warning("retrieval_broken", operation=name, error=type(error).__name__)
            return told(error, name, self._modality.aet)
        if last.status == Status.SUCCESS:
            return None
        if last.status & _KIND == _WARNING and not last.counts.failed:
            # All of it has come; the standard calls it a warning when a receiver has had something to remark.
            return None
        log.warning("retrieval_failed", operation=name, status=f"{last.status:#06x}")
        self._work.content["Details"][place]["DimseErrorStatus"] = last.status
        return failed(last.status, name, self._modality.aet, is_job=True)

    async def _in_turns(self, place: int, keys: Tags) -> Step:
        """Carry out a command, again for what can only come on another association; return how it ended."""
        first = None
        came = 0
        for turn in range(len(self._contexts)):
            step = await self._carry_out(await self._associated(turn), place, keys)
            counts = step.counts
            came += counts.completed + counts.warning
            if not counts.failed:
                return step
            if came >= counts.completed + counts.warning + counts.failed:
                # What failed now had come before.
                return Step(Status.SUCCESS, counts, is_last=True)
            first = first or step
        if first is None:
            raise NotOffered
        return first

    async def _associated(self, turn: int) -> Conversation:
        if self._line is not None and self._turn != turn:
            # It would be idle for long, perhaps for longer than the modality likes.
            await self.stack.aclose()
            self._line = None
        if self._line is None:
            parameters = self._work.parameters
            self._turn = turn
            self._line = await self.stack.enter_async_context(
                self._remotes.conversation(
                    self._modality,
                    self._contexts[turn],
                    local_aet=parameters["local_aet"],
                    patience_seconds=parameters["timeout"],
                )
            )
        return self._line

    async def _carry_out(self, line: Conversation, place: int, keys: Tags) -> Step:
        count = len(self._work.parameters["commands"])
        async with aclosing(self._retrieving.steps(line, place, keys)) as steps:
            async for step in steps:
                if step.is_last:
                    return step
                await self._work.step((place + step.counts.progress) / count)
        raise AssertionError("the last step ends a command")


def service_for(line: Conversation, keys: Tags, patient_root: str, study_root: str) -> str:
    """Choose the information model: of the patient root only for patients, as not all offer it."""
    is_patient = keys[QUERY_RETRIEVE_LEVEL] == LEVEL_NAMES[Level.PATIENT]
    return patient_root if is_patient and line.offers(patient_root) else study_root
