"""What ingest counts."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram

# Seconds. From parsing a small header to writing gigabytes.
_STEP_BUCKETS = (0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)


class IngestMetrics:
    """The figures of one ingest process; `step` is one of five, `code` one of the refusals' codes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        instances = Counter(
            "axial_ingest_instances_total",
            "Instances accepted, by what the index said of them in time.",
            ["outcome"],
            registry=registry,
        )
        self.instances = {
            outcome: instances.labels(outcome)
            for outcome in ("stored", "replaced", "already_stored", "accepted", "expired", "full")
        }
        self.refused = Counter(
            "axial_ingest_refused_total",
            "Files that were not accepted, by reason.",
            ["code"],
            registry=registry,
        )
        # Shown as 0 first: of a series that begins with 1 nobody sees the increase.
        for code in ("storage_full", "unavailable", "internal"):
            self.refused.labels(code)
        self.received_bytes = Counter(
            "axial_ingest_received_bytes_total",
            "Bytes of accepted instances.",
            registry=registry,
        )
        steps = Histogram(
            "axial_ingest_step_duration_seconds",
            "Time that one accepted instance spent in each step.",
            ["step"],
            buckets=_STEP_BUCKETS,
            registry=registry,
        )
        self.spool = steps.labels("spool")
        self.header = steps.labels("header")
        self.blob = steps.labels("blob")
        self.append = steps.labels("append")
        self.projection = steps.labels("projection")
        self.late_outcomes = Counter(
            "axial_ingest_late_outcomes_total",
            "Requests that were answered 202 because the index did not answer in time.",
            registry=registry,
        )
        self.orphans_removed = Counter(
            "axial_ingest_orphans_removed_total",
            "Blobs removed because no event names them.",
            registry=registry,
        )
        self.sweeps = Counter(
            "axial_ingest_sweeps_total",
            "Searches for orphan blobs that came to their end.",
            registry=registry,
        )
        self.sweeps_failed = Counter(
            "axial_ingest_sweeps_failed_total",
            "Searches for orphan blobs that an outage cut short.",
            registry=registry,
        )


class Stopwatch:
    """The time of consecutive steps, each from the end of the one before."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self, step: Histogram) -> None:
        """Note the time since the last lap."""
        now = time.perf_counter()
        step.observe(now - self._last)
        self._last = now
