"""The alert rules raise what they should, by Prometheus's own judgement, and each is explained."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).parents[2]
_ALERTS = _ROOT / "deploy/monitoring/alerts"
_DOCUMENT = _ROOT / "docs/alerts.md"


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
def test_every_rule_is_tested() -> None:
    """Each alert of a file is raised in the file's test, and no other is spoken of there."""
    files = _rule_files()
    assert files
    for file in files:
        tests = file.with_name(f"{file.stem}_test.yaml").read_text(encoding="utf-8")
        assert {rule["alert"] for rule in _rules(file)} == set(
            re.findall(r"alertname: (\w+)", tests)
        )


@pytest.mark.unit
def test_every_alert_is_explained() -> None:
    """Each leads to a heading of its own in the document, has a severity, and says what it is in words."""
    text = _DOCUMENT.read_text(encoding="utf-8")
    rules = [rule for file in _rule_files() for rule in _rules(file)]
    assert sorted(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == sorted(
        rule["alert"] for rule in rules
    )
    for rule in rules:
        annotations = rule["annotations"]
        assert annotations["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert annotations["summary"].endswith(".")
        assert annotations["description"].endswith(".")


def _rule_files() -> list[Path]:
    return [file for file in _ALERTS.glob("*.yaml") if not file.stem.endswith("_test")]


def _rules(file: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def _of(tests: Path) -> str:
    return tests.name.replace("_test", "")
