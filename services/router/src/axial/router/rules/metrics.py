"""The figures of the rules; those of their being carried out are shown by the replica that does it."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from axial.router.rules.deciding import Match


class RuleMetrics:
    """What operators watch of the rules. Names of rules are chosen by operators, and limited in number."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leader = Gauge(
            "axial_router_rules_leader",
            "1 on the replica that carries rules out.",
            registry=registry,
        )
        self.position = Gauge(
            "axial_router_rules_position",
            "The last change that rules were asked about, on the replica that carries them out.",
            registry=registry,
        )
        self.lag = Gauge(
            "axial_router_rules_lag_changes",
            "Changes that rules have not been asked about yet, on the replica that carries them out.",
            registry=registry,
        )
        self.changes = Counter(
            "axial_router_rules_changes_total",
            "Changes that rules were asked about, of the kinds that let a rule be looked at.",
            registry=registry,
        )
        self.instances = Counter(
            "axial_router_rules_instances_total",
            "Instances that were looked at because of a change.",
            registry=registry,
        )
        self._matches = Counter(
            "axial_router_rules_matches_total",
            "Instances that a rule has matched.",
            ["rule"],
            registry=registry,
        )
        self.deliveries = Counter(
            "axial_router_rules_deliveries_total",
            "Deliveries that rules have begun.",
            registry=registry,
        )
        self.came_back = Counter(
            "axial_router_rules_not_sent_back_total",
            "Times that a destination was left out because the instance had come from it.",
            registry=registry,
        )
        self.interruptions = Counter(
            "axial_router_rules_interruptions_total",
            "Times that rules could not be carried out: the index, the changefeed or Postgres was away.",
            registry=registry,
        )

    def count_matches(self, matches: Iterable[Match]) -> None:
        """Count what rules have matched."""
        for name, count in Tally(match.rule.name for match in matches).items():
            self._matches.labels(name).inc(count)
