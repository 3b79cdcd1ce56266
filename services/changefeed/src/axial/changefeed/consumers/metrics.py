"""The figures of the named consumers. Their names are labels: operators choose them, and a setting limits them."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from axial.changefeed.consumers.model import Consumer


class ConsumerMetrics:
    """What operators watch: how far each consumer is behind, and for how long."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Gauge(
            "axial_changefeed_consumer_lag_entries",
            "Entries of the feed behind the consumer's position, wanted or not.",
            ["consumer"],
            registry=registry,
        )
        self._oldest_age = Gauge(
            "axial_changefeed_consumer_oldest_age_seconds",
            "Age of the oldest entry that the consumer wants and has not acknowledged; 0 when there is none.",
            ["consumer"],
            registry=registry,
        )
        self._paused = Gauge(
            "axial_changefeed_consumer_paused",
            "1 while the consumer is paused.",
            ["consumer"],
            registry=registry,
        )
        self._acknowledged = Gauge(
            "axial_changefeed_consumer_acknowledged_sequence",
            "The consumer's position: everything up to it is done with.",
            ["consumer"],
            registry=registry,
        )
        self._skipped = Gauge(
            "axial_changefeed_consumer_skipped_entries",
            "Entries that were left out for the consumer, ever.",
            ["consumer"],
            registry=registry,
        )
        self._deliveries = Counter(
            "axial_changefeed_consumer_deliveries_total",
            "Entries handed out to the consumer's readers, each time they were.",
            ["consumer"],
            registry=registry,
        )
        self._families = (
            self._lag, self._oldest_age, self._paused, self._acknowledged, self._skipped, self._deliveries,
        )  # fmt: skip
        self._shown: set[str] = set()

    def show(self, consumer: Consumer, lag: int, oldest_age_seconds: float) -> None:
        """Set what is known of a consumer."""
        self._shown.add(consumer.name)
        self._lag.labels(consumer.name).set(lag)
        self._oldest_age.labels(consumer.name).set(oldest_age_seconds)
        self._paused.labels(consumer.name).set(int(consumer.paused))
        self._acknowledged.labels(consumer.name).set(consumer.acknowledged)
        self._skipped.labels(consumer.name).set(consumer.skipped_count)

    def count(self, name: str, entries: int) -> None:
        """Count entries that were handed out."""
        self._shown.add(name)
        self._deliveries.labels(name).inc(entries)

    def keep_only(self, names: set[str]) -> None:
        """Forget all other consumers: a series must not outlive its subject."""
        for gone in self._shown - names:
            for family in self._families:
                family.remove_by_labels({"consumer": gone})
        self._shown &= names
