"""The figures of the questions that are asked of modalities."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter


class QueryMetrics:
    """What operators watch."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._finds = Counter(
            "axial_router_finds_total",
            "C-FIND requests to modalities, by how they ended: answered, failed (the modality said so), broken (it"
            " could not be asked, or did not answer), endless (it"
            " answered more than is kept), or crowded (the answers to others took all the room).",
            ["outcome"],
            registry=registry,
        )

    def asked(self, outcome: Literal["answered", "failed", "broken", "endless", "crowded"]) -> None:
        """Count a question by how it ended."""
        self._finds.labels(outcome).inc()
