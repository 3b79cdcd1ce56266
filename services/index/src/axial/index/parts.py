"""Cut what has arrived into what is folded together. Pure.

Whole subtrees are moved to the trash and back in Postgres, as the tables have them: so nothing else of the same batch
may have touched them.
"""

from collections.abc import Iterator, Sequence

from axial.common.events import ResourceDeletionRequested, TrashEmptied, TrashRestoreRequested
from axial.common.recorded import Recorded


def parts(batch: Sequence[Recorded]) -> Iterator[Sequence[Recorded]]:
    """Cut before and behind each event that is folded alone; nothing is left out, and the order stays."""
    begun: list[Recorded] = []
    for recorded in batch:
        if _is_alone(recorded):
            if begun:
                yield begun
            yield [recorded]
            begun = []
        else:
            begun.append(recorded)
    if begun:
        yield begun


def _is_alone(recorded: Recorded) -> bool:
    match recorded.event:
        case TrashRestoreRequested() | TrashEmptied():
            return True
        case ResourceDeletionRequested(grace_seconds=grace_seconds):
            return grace_seconds > 0
    return False
