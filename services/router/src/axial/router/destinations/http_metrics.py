"""The figures of what is sent to peers over HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from axial.router.destinations.port import Outcome

# Seconds. From a peer next door to a large file over a slow line.
_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Measured:
    """One instance on its way."""

    outcome: Outcome | None = None


class HttpSendingMetrics:
    """What operators watch of peers and DICOMweb servers together; jobs and deliveries tell of each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent = Counter(
            "axial_router_peer_sent_total",
            "Instances sent to peers, by what became of them: delivered, refused, failed, away.",
            ["verdict"],
            registry=registry,
        )
        self._duration = Histogram(
            "axial_router_peer_send_duration_seconds",
            "Time from opening an instance's file to the destination's whole answer, or to giving it up.",
            buckets=_BUCKETS,
            registry=registry,
        )

    @contextmanager
    def measured(self) -> Iterator[Measured]:
        """Count and time one instance, unless it did not come as far as to be judged."""
        begun = time.perf_counter()
        measured = Measured()
        yield measured
        if measured.outcome is not None:
            self._sent.labels(measured.outcome.verdict).inc()
            self._duration.observe(time.perf_counter() - begun)
