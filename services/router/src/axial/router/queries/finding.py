"""A C-FIND at a modality, whose answers are kept in memory until all have come."""

import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from axial.common.errors import RemoteFailed
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_tags import Json
from axial.common.sop_classes import FIND_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.find import Failed, find
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.queries.matches import Shown
from axial.router.queries.metrics import QueryMetrics
from axial.router.queries.normalising import identifier_of
from axial.router.retrieval.identifiers import Keys
from axial.router.retrieval.keys import Tags
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.telling import WRONG, failed, told

# Some hundred thousand answers of a dozen attributes; whoever wants more has forgotten to say what.
_MOST_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a modality."""

    level: Level
    tags: Tags
    #: Whether what is no attribute of the level is left out, and the manufacturer's habits are heeded.
    normalize: bool = True
    local_aet: str = ""
    #: How long the modality may take for an answer, in seconds; None for as long as for any.
    timeout: int | None = None


@dataclass(frozen=True, slots=True)
class Finder:
    """Asks modalities."""

    remotes: Remotes
    metrics: QueryMetrics

    async def find(self, modality: Modality, question: Question) -> list[Json]:
        """Ask, and return the answers in Orthanc's full format; raise an AxialError."""
        patient_root, study_root = FIND_CLASSES
        keys = identifier_of(
            question.level,
            question.tags,
            modality.manufacturer,
            self.remotes.dictionary,
            normalize=question.normalize,
        )
        service = patient_root if question.level is Level.PATIENT else study_root
        asked = _Asked(service, keys, question.level, question.local_aet, question.timeout)
        return await self._ask(modality, proposals.FIND, asked)

    async def find_worklist(
        self, modality: Modality, keys: Keys, local_aet: str, timeout_seconds: int | None
    ) -> list[Json]:
        """Ask for the items of a worklist."""
        asked = _Asked(proposals.WORKLIST, keys, None, local_aet, timeout_seconds)
        return await self._ask(modality, proposals.FIND_WORKLIST, asked)

    async def _ask(
        self, modality: Modality, contexts: Sequence[Proposed], asked: "_Asked"
    ) -> list[Json]:
        try:
            async with self.remotes.conversation(
                modality, contexts, local_aet=asked.local_aet, patience_seconds=asked.timeout
            ) as line:
                answers = await self._answers(line, asked)
        except WRONG as error:
            self.metrics.asked("broken")
            raise told(error, "C-FIND", modality.aet) from error
        except Failed as error:
            self.metrics.asked("failed")
            raise failed(error.status, "C-FIND", modality.aet, is_job=False) from error
        self.metrics.asked("answered")
        return answers

    async def _answers(self, line: Conversation, asked: "_Asked") -> list[Json]:
        shown = Shown(asked.level, self.remotes.default_encoding(), self.remotes.dictionary)
        write: Callable[[str], bytes] = self.remotes.writer(asked.keys)
        answers: list[Json] = []
        size = 0
        async with aclosing(find(line, asked.service, write)) as matches:
            async for match in matches:
                answer = shown.of(match)
                size += len(json.dumps(answer))
                if size > _MOST_BYTES:
                    raise RemoteFailed("The modality has more answers than can be kept")
                answers.append(answer)
        return answers


@dataclass(frozen=True, slots=True)
class _Asked:
    service: str
    keys: Keys
    level: Level | None
    local_aet: str
    timeout: int | None
