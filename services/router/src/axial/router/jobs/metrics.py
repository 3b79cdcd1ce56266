"""The figures of jobs, by type."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from axial.router.jobs.states import JobState

# Seconds. From a single instance next door to a patient's archive over a slow line.
_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)


class JobMetrics:
    """What operators watch of jobs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._jobs = Gauge(
            "axial_router_jobs",
            "Jobs that /jobs shows, by state; each replica tells of all of them.",
            ["state"],
            registry=registry,
        )
        self._waiting = Gauge(
            "axial_router_job_waiting_seconds",
            "For how long the oldest job that could be begun has been waiting; 0 when none waits.",
            registry=registry,
        )
        self._running = Gauge(
            "axial_router_jobs_running",
            "Jobs that this replica has in hand.",
            ["type"],
            registry=registry,
        )
        self._duration = Histogram(
            "axial_router_job_duration_seconds",
            "Time for which a job was in hand, to its end, or until it was paused or given back.",
            ["type"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._ended = Counter(
            "axial_router_jobs_left_total",
            "Jobs let go of by this replica, by the state they were left in; Failure also when they were cancelled.",
            ["type", "state"],
            registry=registry,
        )

    @contextmanager
    def running(self, type_name: str) -> Iterator[None]:
        """Count a job while it runs."""
        gauge = self._running.labels(type_name)
        with gauge.track_inprogress():
            yield

    def ended(self, type_name: str, state: str, seconds: float) -> None:
        """Count a job that was let go of."""
        self._duration.labels(type_name).observe(seconds)
        self._ended.labels(type_name, state).inc()

    def know(self, type_names: Iterable[str]) -> None:
        """Show the ends of each type as 0 first: of a series that begins with 1 nobody sees the increase."""
        for type_name in type_names:
            for state in (JobState.SUCCESS, JobState.FAILURE):
                self._ended.labels(type_name, state.value)

    def show(self, counts: Mapping[JobState, int], waiting_seconds: float) -> None:
        """Set how many jobs there are, and for how long one has been waiting."""
        self._waiting.set(waiting_seconds)
        for state in JobState:
            self._jobs.labels(state.value).set(counts.get(state, 0))
