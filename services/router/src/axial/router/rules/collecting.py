"""What rules know of the instances of changes, collected from the index."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.router.index_client import IndexClient
from axial.router.rules.changes import Change
from axial.router.rules.deciding import Match, matches, scopes
from axial.router.rules.facts import Facts, facts_of
from axial.router.rules.rule import Rule

# Of the index's thousand: its answer is some hundred kilobytes.
_PAGE_INSTANCES = 500
# Looked at together; what has more by itself is looked at by itself.
_PORTION_INSTANCES = 2000

_NEW_INSTANCE = "NewInstance"


@dataclass(frozen=True, slots=True)
class Portion:
    """What rules say of some changes that follow one another."""

    changes: Sequence[Change]
    matches: Sequence[Match]
    #: How many instances were looked at.
    instances: int


class Collector:
    """Asks the index; raises Unavailable when it is away."""

    def __init__(self, index: IndexClient) -> None:
        self._index = index

    async def portions(
        self, changes: Sequence[Change], here: Sequence[Rule], everywhere: Sequence[Rule]
    ) -> AsyncIterator[Portion]:
        """Ask some rules, out of all, about changes; as many at once as make a bounded number of instances."""
        some: list[Change] = []
        found: list[tuple[Change, list[Rule], list[ResourceId]]] = []
        count = 0
        for change in changes:
            asked = await self._instances(change, here)
            more = sum(len(ids) for _, ids in asked)
            if some and count + more > _PORTION_INSTANCES:
                yield await self._portion(some, found, everywhere)
                some, found, count = [], [], 0
            some.append(change)
            found.extend((change, rules, ids) for rules, ids in asked)
            count += more
        if some:
            yield await self._portion(some, found, everywhere)

    async def facts(
        self, ids: Collection[ResourceId], tags: Collection[int]
    ) -> dict[ResourceId, Facts]:
        """Collect what is known of instances; those that are gone are left out."""
        listed, wanted = list(dict.fromkeys(ids)), sorted(tags)
        found: dict[ResourceId, Facts] = {}
        for start in range(0, len(listed), _PAGE_INSTANCES):
            question = {"instances": listed[start : start + _PAGE_INSTANCES], "tags": wanted}
            rows = await self._index.ask("/internal/routing-facts", question)
            found |= {ResourceId(row["ID"]): facts_of(row) for row in rows}
        return found

    async def below(self, resource_id: ResourceId) -> list[ResourceId]:
        """List the instances below a resource, in the order of sending; none when it is gone."""
        try:
            expanded = await self._index.expand([resource_id])
        except NotFound:
            return []
        return [ResourceId(each.instance.id) for each in expanded.instances]

    async def _instances(
        self, change: Change, rules: Sequence[Rule]
    ) -> list[tuple[list[Rule], list[ResourceId]]]:
        return [
            (asked, [scope] if change.kind == _NEW_INSTANCE else await self.below(scope))
            for scope, asked in scopes(rules, change).items()
        ]

    async def _portion(
        self,
        changes: Sequence[Change],
        found: Sequence[tuple[Change, list[Rule], list[ResourceId]]],
        everywhere: Sequence[Rule],
    ) -> Portion:
        tags = frozenset().union(*(rule.tags for rule in everywhere))
        replaced = [change.resource_id for change in changes if change.is_replacement]
        facts = await self.facts([*replaced, *(name for _, _, ids in found for name in ids)], tags)
        return Portion(
            [_with_file(change, facts) for change in changes],
            [
                match
                for change, rules, ids in found
                for match in matches(
                    rules, everywhere, change, [facts[name] for name in ids if name in facts]
                )
            ],
            len(facts),
        )


def _with_file(change: Change, facts: Mapping[ResourceId, Facts]) -> Change:
    if not change.is_replacement or change.resource_id not in facts:
        return change
    return replace(change, replaced_by=facts[change.resource_id].outbound.md5)
