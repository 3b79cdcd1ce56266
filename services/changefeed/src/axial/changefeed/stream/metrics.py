"""The figures of the stream of the feed."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class StreamMetrics:
    """Whether this process publishes, how much, how far behind, and whether it must not."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leader = Gauge(
            "axial_changefeed_feed_stream_leader",
            "1 on the replica that publishes to the stream of the feed.",
            registry=registry,
        )
        self.wanted = Gauge(
            "axial_changefeed_feed_stream_wanted",
            "1 where the feed is to be published to a stream (AXIAL_FEED_STREAM), else 0.",
            registry=registry,
        )
        self.published = Counter(
            "axial_changefeed_feed_stream_published_total",
            "Entries published to the stream of the feed.",
            registry=registry,
        )
        self.lag = Gauge(
            "axial_changefeed_feed_stream_lag",
            "Entries that the stream of the feed does not have yet, on the replica that publishes; 0 on others."
            " Negative while the database is behind the stream, as after a restore.",
            registry=registry,
        )
        self.size = Gauge(
            "axial_changefeed_feed_stream_size_bytes",
            "Bytes of the stream of the feed in JetStream, of one of its replicas, on the replica that publishes; 0 on"
            " others.",
            registry=registry,
        )
        self.overtaken = Counter(
            "axial_changefeed_feed_stream_overtaken_total",
            "Times that another replica had published first; it costs nothing but the attempt.",
            registry=registry,
        )
        self.refused = Gauge(
            "axial_changefeed_feed_stream_refused",
            "1 while nothing is published because the stream's configuration or content is not ours; see the log.",
            registry=registry,
        )
