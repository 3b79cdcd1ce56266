"""A C-FIND at a modality, whose answers are kept in memory until all have come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from axial.common.errors import RemoteFailed, Unavailable
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.sop_classes import FIND_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.find import Failed, find
from axial.dimse.upper_layer.proposal import Proposed
from axial.router.queries.matches import Shown
from axial.router.queries.metrics import QueryMetrics
from axial.router.queries.normalising import identifier_of
from axial.router.queries.room import Room, Share, TooMany
from axial.router.retrieval.identifiers import Keys
from axial.router.retrieval.keys import Tags
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.telling import WRONG, failed, told

# Two hundred thousand answers of a dozen attributes; whoever wants more has forgotten to say what.
_MOST_BYTES_OF_ONE = 256 * 1024 * 1024
_MOST_BYTES = 512 * 1024 * 1024
# Nobody waits for longer, however patient one is to be with each answer.
_LONGEST_SECONDS = 3600.0


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
    room: Room = field(default_factory=lambda: Room(_MOST_BYTES, _MOST_BYTES_OF_ONE))
    longest_seconds: float = _LONGEST_SECONDS

    @asynccontextmanager
    async def find(self, modality: Modality, question: Question) -> AsyncIterator[list[str]]:
        """Ask, and give the answers in Orthanc's full format, as JSON; raise an AxialError.

        As text they take a fifth of what they would take otherwise.
        """
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
        with self.room.share() as share:
            yield await self._ask(modality, proposals.FIND, asked, share)

    @asynccontextmanager
    async def find_worklist(
        self, modality: Modality, keys: Keys, local_aet: str, timeout_seconds: int | None
    ) -> AsyncIterator[list[str]]:
        """Ask for the items of a worklist."""
        asked = _Asked(proposals.WORKLIST, keys, None, local_aet, timeout_seconds)
        with self.room.share() as share:
            yield await self._ask(modality, proposals.FIND_WORKLIST, asked, share)

    async def _ask(
        self, modality: Modality, contexts: Sequence[Proposed], asked: "_Asked", share: Share
    ) -> list[str]:
        try:
            async with (
                asyncio.timeout(self.longest_seconds),
                self.remotes.conversation(
                    modality, contexts, local_aet=asked.local_aet, patience_seconds=asked.timeout
                ) as line,
            ):
                answers = await self._answers(line, asked, share)
        except WRONG as error:
            self.metrics.asked("broken")
            raise told(error, "C-FIND", modality.aet) from error
        except (TooMany, TimeoutError) as error:
            self.metrics.asked("endless")
            raise RemoteFailed("The modality has more answers than can be kept") from error
        except Unavailable:
            self.metrics.asked("crowded")
            raise
        except Failed as error:
            self.metrics.asked("failed")
            raise failed(error.status, "C-FIND", modality.aet, is_job=False) from error
        self.metrics.asked("answered")
        return answers

    async def _answers(self, line: Conversation, asked: "_Asked", share: Share) -> list[str]:
        shown = Shown(asked.level, self.remotes.default_encoding(), self.remotes.dictionary)
        write: Callable[[str], bytes] = self.remotes.writer(asked.keys)
        answers: list[str] = []
        async with aclosing(find(line, asked.service, write)) as matches:
            async for match in matches:
                answer = json.dumps(shown.of(match), separators=(",", ":"))
                share.take(len(answer))
                answers.append(answer)
        return answers


@dataclass(frozen=True, slots=True)
class _Asked:
    service: str
    keys: Keys
    level: Level | None
    local_aet: str
    timeout: int | None
