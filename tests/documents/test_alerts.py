"""The alert rules raise what they should, by Prometheus's own judgement, on metrics that exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from docs.generate import METRICS
from prometheus_client import CollectorRegistry

_ALERTS = Path(__file__).parents[2] / "deploy/monitoring/alerts"


@pytest.fixture
def promtool() -> str:
    """Find the program of Debian's `prometheus`; without it only CI fails."""
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is not installed")
        pytest.skip("promtool is not installed")
    return program


@pytest.mark.tools
@pytest.mark.parametrize("rules", sorted(_ALERTS.glob("*_test.yaml")), ids=lambda rules: rules.name)
def test_alerts_are_raised(promtool: str, rules: Path) -> None:
    """Each rule file has a test beside it, which passes."""
    subprocess.run((promtool, "check", "rules", rules.with_name(_of(rules))), check=True)
    subprocess.run((promtool, "test", "rules", rules), check=True)


@pytest.mark.unit
def test_every_rule_is_tested_on_metrics_that_exist() -> None:
    """A metric that was renamed would silence its alert without a word."""
    registry = CollectorRegistry()
    for classes in METRICS.values():
        for metrics in classes:
            metrics(registry)
    known = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in registry.collect()
    }
    files = [file for file in _ALERTS.glob("*.yaml") if not file.stem.endswith("_test")]
    assert files
    for file in files:
        rules = file.read_text(encoding="utf-8")
        tests = file.with_name(f"{file.stem}_test.yaml").read_text(encoding="utf-8")
        assert set(re.findall(r"axial_\w+", rules)) <= known
        assert set(re.findall(r"alert: (\w+)", rules)) == set(
            re.findall(r"alertname: (\w+)", tests)
        )


def _of(tests: Path) -> str:
    return tests.name.replace("_test", "")
