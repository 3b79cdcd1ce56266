"""The figures of deliveries, by destination: their names are configured."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from axial.router.deliveries.delivery import State
from axial.router.deliveries.standing import DestinationStanding
from axial.router.destinations.port import DestinationName, Outcome, Verdict

# Seconds. From a destination next door to one that comes back after a weekend.
_BUCKETS = (
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
    30,
    60,
    300,
    900,
    3600,
    14400,
    86400,
    259200,
)
_LABELS = ("kind", "destination")


class DeliveryMetrics:
    """What operators watch: what this replica does, and what every replica sees in the database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "axial_router_delivery_attempts_total",
            "Attempts to send an instance, by what became of it: delivered, refused, failed, away.",
            [*_LABELS, "verdict"],
            registry=registry,
        )
        self._duplicates = Counter(
            "axial_router_delivery_duplicates_total",
            "Instances that were sent again after a lost answer to a destination that could not be asked for them.",
            _LABELS,
            registry=registry,
        )
        self._duration = Histogram(
            "axial_router_delivery_duration_seconds",
            "Time from the decision that an instance is to be delivered until it was.",
            _LABELS,
            buckets=_BUCKETS,
            registry=registry,
        )
        self._deliveries = Gauge(
            "axial_router_deliveries",
            "Deliveries by state: due, sending, dead, and those that ended and are still remembered.",
            [*_LABELS, "state"],
            registry=registry,
        )
        self._oldest = Gauge(
            "axial_router_delivery_oldest_age_seconds",
            "For how long the oldest delivery to a destination has been waiting; 0 when there is none.",
            _LABELS,
            registry=registry,
        )
        self._away = Gauge(
            "axial_router_destination_away",
            "1 while nothing is sent to a destination because it was away at the last attempt.",
            _LABELS,
            registry=registry,
        )

    def count_attempt(self, name: DestinationName, outcome: Outcome) -> None:
        """Count an attempt."""
        self._attempts.labels(str(name.kind), name.name, str(outcome.verdict)).inc()

    def count_duplicate(self, name: DestinationName) -> None:
        """Count what may be there twice."""
        self._duplicates.labels(str(name.kind), name.name).inc()

    def observe(self, name: DestinationName, seconds: float) -> None:
        """Note how long a delivery took."""
        self._duration.labels(str(name.kind), name.name).observe(seconds)

    def show(self, standings: list[DestinationStanding]) -> None:
        """Set what was found of all destinations."""
        for standing in standings:
            labels = str(standing.name.kind), standing.name.name
            for state in State:
                self._deliveries.labels(*labels, str(state)).set(standing.counts.get(state, 0))
            self._oldest.labels(*labels).set(standing.oldest_seconds)
            self._away.labels(*labels).set(int(standing.failures > 0))
            # Shown as 0 first: of a series that begins with 1 nobody sees the increase.
            self._duplicates.labels(*labels)
            for verdict in Verdict:
                self._attempts.labels(*labels, str(verdict))
