"""The figures of event streams."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """What operators watch: who listens, what they are told, who cannot keep up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open_streams = Gauge(
            "axial_changefeed_open_streams", "Event streams open now.", registry=registry
        )
        self.events = Counter(
            "axial_changefeed_stream_events_total",
            "Entries handed to event streams.",
            registry=registry,
        )
        self.slow_readers = Counter(
            "axial_changefeed_slow_readers_total",
            "Event streams ended because their reader took nothing for too long.",
            registry=registry,
        )
        self.refused_streams = Counter(
            "axial_changefeed_refused_streams_total",
            "Event streams refused because too many were open.",
            registry=registry,
        )
