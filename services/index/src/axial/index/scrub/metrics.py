"""What the scrub tells about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class ScrubMetrics:
    """Blobs that were looked at, and what was found, in figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.blobs = Counter(
            "axial_index_scrubbed_blobs_total",
            "Blobs that were looked at by this replica.",
            registry=registry,
        )
        self.bytes = Counter(
            "axial_index_scrubbed_bytes_total",
            "Bytes that this replica read for it.",
            registry=registry,
        )
        self.damaged = Gauge(
            "axial_index_damaged_blobs",
            "Blobs that are not what was stored: missing, corrupted, unreadable.",
            ["damage"],
            registry=registry,
        )
        self.period = Gauge(
            "axial_index_scrub_period_seconds",
            "How long one walk over all blobs should take; 0 when none are looked at.",
            registry=registry,
        )
        self.age = Gauge(
            "axial_index_scrub_pass_age_seconds",
            "Time since the last walk over all blobs came to its end, or since the first one began.",
            registry=registry,
        )
        self.position = Gauge(
            "axial_index_scrub_position_ratio",
            "How far the present walk has come, from 0 to 1.",
            registry=registry,
        )
