"""The metrics: named by the house's rules, without anything of a patient."""

import pytest
from prometheus_client import CollectorRegistry

from axial.ingest.metrics import IngestMetrics, Stopwatch

pytestmark = pytest.mark.unit


def test_names_follow_the_rules() -> None:
    """Every metric has the service's prefix and a base unit or `_total`."""
    registry = CollectorRegistry()
    IngestMetrics(registry)
    for metric in registry.collect():
        assert metric.name.startswith("axial_ingest_")
        assert metric.documentation.endswith(".")
        # The client library itself ends every counter with `_total`.
        assert metric.type == "counter" or metric.name.endswith(("_seconds", "_bytes"))


def test_laps_add_up() -> None:
    """Each step is observed once, from the end of the one before."""
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    watch = Stopwatch()
    watch.lap(metrics.header)
    watch.lap(metrics.blob)
    name = "axial_ingest_step_duration_seconds_count"
    assert registry.get_sample_value(name, {"step": "header"}) == 1
    assert registry.get_sample_value(name, {"step": "blob"}) == 1
    assert registry.get_sample_value(name, {"step": "append"}) == 0
