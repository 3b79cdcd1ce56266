"""The figures of the webhooks, by consumer: names are chosen by operators, and limited in number."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from axial.changefeed.push.delivery import Delivery

# Seconds. From an endpoint next door to the longest that one is waited for by default.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class PushMetrics:
    """What operators watch of the endpoints, on the replica that sends; others show none of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leader = Gauge(
            "axial_changefeed_push_leader",
            "1 on the replica that sends webhooks.",
            registry=registry,
        )
        self._deliveries = Counter(
            "axial_changefeed_push_deliveries_total",
            "Attempts by result: delivered, refused (another status), unreachable (no answer), gone (410).",
            ["consumer", "result"],
            registry=registry,
        )
        self._duration = Histogram(
            "axial_changefeed_push_duration_seconds",
            "Time from the request to the head of the endpoint's answer, or to giving it up.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._failing = Gauge(
            "axial_changefeed_push_failing_seconds",
            "For how long every attempt has failed; 0 when the last one did not, and while the consumer is paused.",
            ["consumer"],
            registry=registry,
        )
        self._dead = Gauge(
            "axial_changefeed_push_dead",
            "1 when the consumer was paused because its endpoint is dead or gone.",
            ["consumer"],
            registry=registry,
        )
        self._shown: set[str] = set()

    def count(self, consumer: str, delivery: Delivery) -> None:
        """Count one attempt."""
        self._shown.add(consumer)
        self._deliveries.labels(consumer, delivery.result).inc()
        self._duration.observe(delivery.seconds)

    def show(self, consumer: str, failing_seconds: float, *, dead: bool) -> None:
        """Set what is known of an endpoint."""
        self._shown.add(consumer)
        self._failing.labels(consumer).set(failing_seconds)
        self._dead.labels(consumer).set(int(dead))

    def keep_only(self, consumers: set[str]) -> None:
        """Forget the consumers that are not among these: a series must not outlive its subject."""
        for gone in self._shown - consumers:
            for family in (self._failing, self._dead):
                family.remove_by_labels({"consumer": gone})
            self._deliveries.remove_by_labels({"consumer": gone})
        self._shown &= consumers
