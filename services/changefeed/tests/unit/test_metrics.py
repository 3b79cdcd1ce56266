"""The names of the service's metrics."""

import pytest
from prometheus_client import CollectorRegistry

from axial.changefeed.consumers.metrics import ConsumerMetrics
from axial.changefeed.live.metrics import LiveMetrics
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.push.metrics import PushMetrics
from axial.changefeed.stream.metrics import StreamMetrics

pytestmark = pytest.mark.unit


def test_names() -> None:
    """Every metric carries the service's name and a description; counters and times their unit."""
    registry = CollectorRegistry()
    ChangefeedMetrics(registry)
    ConsumerMetrics(registry)
    LiveMetrics(registry)
    PushMetrics(registry)
    StreamMetrics(registry)
    for family in registry.collect():
        assert family.name.startswith("axial_changefeed_")
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
