"""What the index service tells about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class IndexMetrics:
    """The projection and the collector, in figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leader = Gauge(
            "axial_index_leader", "1 while this replica is the projector.", registry=registry
        )
        self.position = Gauge(
            "axial_index_position",
            "Log sequence of the last event this replica projected.",
            registry=registry,
        )
        self.lag = Gauge(
            "axial_index_lag_events",
            "Events in the log that are not projected yet.",
            registry=registry,
        )
        self.events = Counter(
            "axial_index_events_total",
            "Events projected, by type and decision.",
            ["type", "decision"],
            registry=registry,
        )
        self.batch_size = Histogram(
            "axial_index_batch_size_events",
            "Events that shared one commit.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=registry,
        )
        self.batch_duration = Histogram(
            "axial_index_batch_duration_seconds",
            "Time to load, fold, write and answer one batch.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
            registry=registry,
        )
        self.recycled = Counter(
            "axial_index_recycled_patients_total",
            "Patients that went to make room (MaximumStorageSize, MaximumPatientCount).",
            registry=registry,
        )
        self.collected = Counter(
            "axial_index_collected_blobs_total", "Unreferenced blobs removed.", registry=registry
        )
        self.garbage = Gauge(
            "axial_index_garbage_blobs", "Blobs waiting to be removed.", registry=registry
        )
