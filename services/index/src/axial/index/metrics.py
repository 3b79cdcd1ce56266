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
        self.lag_seconds = Gauge(
            "axial_index_lag_seconds",
            "Age of the oldest event in the log that is not projected yet; 0 when there is none.",
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


class FullnessMetrics:
    """How much there is, in figures; each replica tells the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.resources = Gauge(
            "axial_index_resources",
            "Resources in the archive, by level: patients, studies, series, instances.",
            ["level"],
            registry=registry,
        )
        self.size = Gauge(
            "axial_index_files_size_bytes",
            "Bytes of all files as they came, attachments included.",
            registry=registry,
        )
        self.disk_size = Gauge(
            "axial_index_files_disk_size_bytes",
            "Bytes of all files as they are kept, compressed or not: what MaximumStorageSize limits.",
            registry=registry,
        )
        self.size_limit = Gauge(
            "axial_index_files_limit_bytes",
            "MaximumStorageSize in bytes, by what happens there: recycle, reject; 0 when there is no limit.",
            ["mode"],
            registry=registry,
        )
        self.patients_limit = Gauge(
            "axial_index_patients_limit",
            "MaximumPatientCount; 0 when there is no limit.",
            registry=registry,
        )
        self.database = Gauge(
            "axial_index_database_size_bytes",
            "Bytes of the Postgres database, with the schemas of the other services.",
            registry=registry,
        )
        self.log = Gauge(
            "axial_index_log_size_bytes",
            "Bytes of the log's stream in JetStream, of one of its replicas.",
            registry=registry,
        )
        self.log_end = Gauge(
            "axial_index_log_end", "Sequence of the newest event in the log.", registry=registry
        )


class TrashMetrics:
    """What stands in the trash, in figures; each replica tells the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deletions = Gauge(
            "axial_index_trash_deletions",
            "Deletions whose resources can still come back (DeletionGrace).",
            registry=registry,
        )
        self.size = Gauge(
            "axial_index_trash_size_bytes",
            "Bytes of the files that stand in the trash, as they are kept; MaximumStorageSize does not count them.",
            registry=registry,
        )
