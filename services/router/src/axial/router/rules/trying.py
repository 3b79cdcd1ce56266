"""Find out what rules would see of an instance if their change came now."""

from collections.abc import Collection, Sequence

from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId, is_resource_id
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.rules.asking import Asking
from axial.router.rules.changes import Change, read_moment
from axial.router.rules.deciding import destinations_of
from axial.router.rules.explaining import Trial
from axial.router.rules.facts import Facts
from axial.router.rules.requests import TestQuestion
from axial.router.rules.rule import Rule

_STATEMENTS = Statements("axial.router.sql")


async def try_instance(
    asking: Asking,
    pool: Pool,
    question: TestQuestion,
    asked: Collection[Rule],
    everywhere: Sequence[Rule],
) -> Trial:
    """Collect what it takes to explain rules; raise NotFound when there is no such instance."""
    if not is_resource_id(question.instance):
        raise NotFound
    name = ResourceId(question.instance)
    tags = frozenset[int]().union(*(rule.tags for rule in everywhere))
    # The index waits for what was acknowledged before; and knows an instance from a series.
    if await asking.collector.below(name) != [name]:
        raise NotFound
    facts = (await asking.collector.facts([name], tags)).get(name)
    if facts is None:
        raise NotFound
    instances: list[Facts] = []
    if any(rule.expected for rule in asked):
        below = await asking.collector.below(facts.study_id)
        found = await asking.collector.facts(below, tags)
        instances = [found[each] for each in below if each in found]
    change = Change(
        sequence=0,
        kind="",
        resource_id=name,
        study_id=facts.study_id,
        moment=facts.received if question.time is None else read_moment(question.time),
        is_deletion=False,
    )
    destinations = sorted(destinations_of(asked), key=lambda each: (each.kind, each.name))
    return Trial(
        facts,
        change,
        instances,
        everywhere,
        await asking.surroundings(asked),
        await _known(pool, facts, destinations),
    )


async def _known(
    pool: Pool, facts: Facts, destinations: Sequence[DestinationName]
) -> dict[DestinationName, str]:
    async with away_is_unavailable():
        rows = await pool.fetch(
            _STATEMENTS["rules_known_deliveries"],
            facts.id,
            facts.outbound.md5,
            [str(each.kind) for each in destinations],
            [each.name for each in destinations],
        )
    return {
        DestinationName(DestinationKind(row["kind"]), row["name"]): row["state"] for row in rows
    }
