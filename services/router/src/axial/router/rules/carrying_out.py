"""Write down what rules want, in the transaction of whoever has asked them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from axial.common.identifiers import ResourceId
from axial.common.postgres import Connection
from axial.router.deliveries.intake import enqueue, forget, supersede
from axial.router.deliveries.wanted import Wanted
from axial.router.rules.changes import Change
from axial.router.rules.deciding import Match, Surroundings, wanted

# One statement's worth of deliveries: a second's work.
_ENQUEUED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Intent:
    """What follows from some changes."""

    #: Instances that are gone.
    forgotten: Sequence[ResourceId]
    #: Of instances that have another file than before, its MD5.
    replaced: Mapping[ResourceId, str]
    deliveries: Sequence[Wanted]
    #: How often a destination was left out because the instance had come from it.
    left_out: int


def intent_of(
    changes: Sequence[Change], matches: Sequence[Match], surroundings: Surroundings
) -> Intent:
    """Tell what follows from changes in their order: what was deleted after it had come is not delivered. Pure."""
    deleted = {change.resource_id: change.sequence for change in changes if change.is_deletion}
    present = [match for match in matches if match.change.sequence > deleted.get(match.facts.id, 0)]
    deliveries = [each for match in present for each in wanted(match, surroundings)]
    targets = sum(len(match.rule.targets) for match in present)
    replaced = {change.resource_id: change.replaced_by for change in changes if change.replaced_by}
    return Intent(list(deleted), replaced, deliveries, targets - len(deliveries))


async def carry_out(connection: Connection, intent: Intent) -> int:
    """Write it down; return how many deliveries begin."""
    await forget(connection, intent.forgotten)
    await supersede(connection, intent.replaced)
    return await write_down(connection, intent.deliveries)


async def write_down(
    connection: Connection,
    deliveries: Sequence[Wanted],
    *,
    again: bool = False,
    asked_before: datetime | None = None,
) -> int:
    """Let instances be delivered; return how many deliveries begin."""
    begun = 0
    for start in range(0, len(deliveries), _ENQUEUED_AT_ONCE):
        some = deliveries[start : start + _ENQUEUED_AT_ONCE]
        begun += await enqueue(connection, some, again=again, asked_before=asked_before)
    return begun
