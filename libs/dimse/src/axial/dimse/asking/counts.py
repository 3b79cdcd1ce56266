"""How far a peer is with the sub-operations of a retrieval (PS3.7 sections 9.1.3 and 9.1.4)."""

from dataclasses import dataclass

from axial.dimse.asking.conversation import Response
from axial.dimse.messages.commands import Command, Element


@dataclass(frozen=True, slots=True)
class Counts:
    """Sub-operations, as far as the peer tells them."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0

    @property
    def progress(self) -> float:
        """What part of them is done, from 0 to 1."""
        done = self.completed + self.failed + self.warning
        total = done + self.remaining
        return done / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A response to a retrieval: the last one tells how it ended."""

    status: int
    counts: Counts
    is_last: bool


def step_of(response: Response) -> Step:
    """Read a response."""
    command = response.command
    counts = Counts(
        remaining=_count(command, Element.REMAINING_SUBOPERATIONS),
        completed=_count(command, Element.COMPLETED_SUBOPERATIONS),
        failed=_count(command, Element.FAILED_SUBOPERATIONS),
        warning=_count(command, Element.WARNING_SUBOPERATIONS),
    )
    return Step(response.status, counts, response.is_last)


def _count(command: Command, element: Element) -> int:
    return int(command.elements.get(element, 0))
