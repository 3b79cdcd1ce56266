"""What is generated from code is up to date, and what it tells of follows the rules."""

from pathlib import Path

import pytest
from docs.generate import METRICS, documents, labels_of
from prometheus_client import CollectorRegistry

pytestmark = pytest.mark.unit

_UNITS = ("_seconds", "_bytes", "_events")
_IDENTIFYING = {"patient", "study", "series", "instance", "id", "uid", "user", "path", "aet"}


@pytest.mark.parametrize(
    ("path", "text"), tuple(documents()), ids=lambda value: getattr(value, "name", "")
)
def test_document_is_up_to_date(path: Path, text: str) -> None:
    """Run `make docs`."""
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("service", METRICS)
def test_metrics_are_named_by_the_rules(service: str) -> None:
    """Prefix, base units, a sentence of help, and no label that could identify anybody."""
    registry = CollectorRegistry()
    for metrics in METRICS[service]:
        metrics(registry)
    for family in registry.collect():
        assert family.name.startswith(f"axial_{service.removesuffix('-gateway')}_")
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith(_UNITS)
        assert not _IDENTIFYING & set(labels_of(registry, family))
