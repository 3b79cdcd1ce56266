"""The rules as they are now: those of the configuration, and those that were PUT."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from axial.common.configuration import BadConfiguration, Configuration
from axial.common.errors import BadParameter
from axial.router.rules.rule import Readings, Rule, read_rule

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule as Postgres keeps it."""

    name: str
    revision: int
    #: The last change when it was made or enabled.
    since: int
    #: JSON, as it was written.
    document: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules that can be asked, by name; it changes with the generation."""

    generation: int
    rules: Mapping[str, Rule]

    @property
    def enabled(self) -> Sequence[Rule]:
        """Those that are carried out, in the order of their names."""
        return [rule for _, rule in sorted(self.rules.items()) if rule.is_enabled]

    @property
    def tags(self) -> frozenset[int]:
        """The attributes that the enabled ones look at."""
        return frozenset().union(*(rule.tags for rule in self.enabled))

    @property
    def changes(self) -> frozenset[str]:
        """The changes that the enabled ones look at."""
        return frozenset().union(*(rule.changes for rule in self.enabled))


def configured_rules(configuration: Configuration, readings: Readings) -> dict[str, Rule]:
    """Read the configuration's rules; raise BadConfiguration, which names the rule's field."""
    rules = {}
    for name, document in configuration.router.rules.items():
        try:
            rules[name] = read_rule(name, document, readings)
        except BadParameter as error:
            raise BadConfiguration(f"option Router.Rules.{name}: {error.message}") from None
    return rules


def book_of(
    generation: int,
    stored: Sequence[StoredRule],
    configured: Mapping[str, Rule],
    readings: Readings,
) -> RuleBook:
    """Put both kinds together; the configuration's win.

    A rule that cannot be understood any more, as its attribute is not in the configuration's `Dictionary` now, is told
    of and not asked.
    """
    rules = {}
    for each in stored:
        try:
            rules[each.name] = read_rule(each.name, document_of(each), readings, each.since)
        except BadParameter:
            log.warning("rule_not_understood", rule=each.name)
    return RuleBook(generation, {**rules, **configured})


def document_of(stored: StoredRule) -> Any:
    """Read what was written."""
    return json.loads(stored.document)
