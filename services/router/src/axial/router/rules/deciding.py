"""Which rules match an instance, and what they want of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from axial.common.identifiers import ResourceId
from axial.router.deliveries.wanted import Terms, Wanted
from axial.router.destinations.port import DestinationName
from axial.router.rules.changes import Change
from axial.router.rules.facts import Facts
from axial.router.rules.loops import Whereabouts, came_from
from axial.router.rules.matching import Case, Condition, holds
from axial.router.rules.rule import Rule, Target


@dataclass(frozen=True, slots=True)
class Match:
    """An instance that a rule matches, because of a change."""

    rule: Rule
    facts: Facts
    change: Change


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Who is where, as far as it is known; a destination that is unknown now is no sender of anything."""

    whereabouts: Mapping[DestinationName, Whereabouts | None]
    strict_aets: bool

    def is_sender(self, destination: DestinationName, facts: Facts) -> bool:
        """Tell whether an instance came from a destination."""
        known = self.whereabouts.get(destination)
        return known is not None and came_from(facts, known, strict_aets=self.strict_aets)


#: For whoever wants nothing.
NOWHERE = Surroundings({}, strict_aets=False)


def triggered(rules: Iterable[Rule], change: Change) -> list[Rule]:
    """List the rules that are to be looked at because of a change."""
    return [
        rule
        for rule in rules
        if rule.is_enabled and change.kind in rule.changes and change.sequence > rule.since
    ]


def scopes(rules: Iterable[Rule], change: Change) -> dict[ResourceId, list[Rule]]:
    """Tell below which resources the instances are that a change may let go, with the rules that say so.

    Where series are expected it is the study, else what has changed itself.
    """
    found: dict[ResourceId, list[Rule]] = {}
    for rule in triggered(rules, change):
        scope = change.study_id if rule.expected else change.resource_id
        if scope is not None:
            found.setdefault(scope, []).append(rule)
    return found


def matches(
    here: Sequence[Rule], everywhere: Sequence[Rule], change: Change, instances: Sequence[Facts]
) -> Iterator[Match]:
    """List what some rules match of the instances of a change, in their order, each by the order of the rules.

    `everywhere` are all rules there are: one that is for what is left over waits for none of them to match,
    whatever it is that lets them be looked at.
    """
    present = [rule for rule in everywhere if change.sequence > rule.since]
    ready = [rule for rule in here if is_expected_there(rule, change, instances)]
    for facts in instances:
        case = Case(facts, change.moment)
        for rule in ready:
            if matching(rule, present, case):
                yield Match(rule, facts, change)


def matching(rule: Rule, everywhere: Iterable[Rule], case: Case) -> bool:
    """Tell whether a rule's conditions hold for an instance, and it is not left over to others."""
    return holds(rule.condition, case) and not (
        rule.is_otherwise and any(True for _ in claimants(everywhere, case))
    )


def claimants(rules: Iterable[Rule], case: Case) -> Iterator[Rule]:
    """List the rules that match an instance in their own right."""
    return (
        rule
        for rule in rules
        if rule.is_enabled and not rule.is_otherwise and holds(rule.condition, case)
    )


def is_expected_there(rule: Rule, change: Change, instances: Sequence[Facts]) -> bool:
    """Tell whether each of the expected series is there, and done."""
    return all(met_by(condition, change, instances) is not None for condition in rule.expected)


def met_by(condition: Condition, change: Change, instances: Sequence[Facts]) -> ResourceId | None:
    """Name the first series that is done, and has an instance for which a condition holds."""
    return next(
        (
            facts.series_id
            for facts in instances
            if facts.series_is_done and holds(condition, Case(facts, change.moment))
        ),
        None,
    )


def wanted(match: Match, surroundings: Surroundings) -> Iterator[Wanted]:
    """List the deliveries that a match means: to each destination but the one from which it came."""
    for target in match.rule.targets:
        if not surroundings.is_sender(target.destination, match.facts):
            yield Wanted(
                rule=match.rule.name,
                destination=target.destination,
                outbound=match.facts.outbound,
                change_sequence=match.change.sequence,
                terms=_terms(target, match.facts, surroundings),
            )


def _terms(target: Target, facts: Facts, surroundings: Surroundings) -> Terms:
    fallback = target.terms.fallback
    if fallback is None or not surroundings.is_sender(fallback.destination, facts):
        return target.terms
    return replace(target.terms, fallback=None)


def destinations_of(rules: Iterable[Rule]) -> set[DestinationName]:
    """Name all destinations of some rules, those to fall back to as well."""
    targets = [target for rule in rules for target in rule.targets]
    fallbacks = [target.terms.fallback.destination for target in targets if target.terms.fallback]
    return {target.destination for target in targets} | set(fallbacks)
