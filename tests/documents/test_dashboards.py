"""Dashboards, alerts and Prometheus's configuration go together: on metrics that exist, by names that are the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs.dashboards import DASHBOARDS
from docs.generate import METRICS, SETTINGS
from prometheus_client import CollectorRegistry
from support.promql import selected, selectors

from axial.common.metrics import HttpMetrics
from axial.common.process_metrics import tell_of_process

pytestmark = pytest.mark.unit

_MONITORING = Path(__file__).parents[2] / "deploy/monitoring"
# What others than our services tell; the running system is asked for each in tests/e2e/test_monitoring.py.
_OF_PROMETHEUS = {"up", "ALERTS"}
_OF_ENGINES = re.compile(r"SeaweedFS_(volumeServer|s3)_\w+|caddy_http_\w+")


def known_metrics() -> set[str]:
    """Name every series that a service may tell of."""
    registry = CollectorRegistry()
    tell_of_process(registry, "index")
    for service, classes in METRICS.items():
        HttpMetrics(registry, service)
        for metrics in classes:
            metrics(registry)
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + ending
        for family in registry.collect()
        for ending in endings.get(family.type, ("",))
    }


def expressions() -> Iterator[tuple[str, str]]:
    """Give each expression of dashboards and alerts, with where it stands."""
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                yield f"{dashboard.name}: {panel.title}", query.expression
    for file in sorted((_MONITORING / "alerts").glob("*.yaml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8")).get("groups", ()):
            for rule in group["rules"]:
                yield rule["alert"], rule["expr"]


def test_every_metric_exists() -> None:
    """A metric that was renamed would leave a panel empty, or silence an alert, without a word."""
    known = known_metrics()
    unknown = {
        (place, selector)
        for place, expression in expressions()
        for selector in selectors(expression)
        if not (names := selected(selector, known))
        or any(
            name not in known | _OF_PROMETHEUS and not _OF_ENGINES.fullmatch(name) for name in names
        )
    }
    assert not unknown


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum by (job) (rate(a_total[5m])) > 1e3", ["a_total"]),
        ('max(a{b="x (y)"}) / on (c) group_left (d) e or vector(0)', ['a{b="x (y)"}', "e"]),
        (
            'rate({__name__=~"a_.+", b!="c"}[5m]) unless up == 1',
            ['{__name__=~"a_.+", b!="c"}', "up"],
        ),
        ("min_over_time(max(a)[5m:30s]) offset 1h > 2", ["a"]),
    ],
)
def test_what_is_found_in_expressions(expression: str, expected: list[str]) -> None:
    """Names of functions, labels and times are no metrics; texts are not looked into."""
    assert list(selectors(expression)) == expected


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_dashboards_are_readable(dashboard: Any) -> None:
    """A handful of panels, each with a title of its own, and with what it means; nothing lies over anything else."""
    panels = dashboard.panels
    assert 0 < len(panels) <= 12
    assert len({panel.title for panel in panels}) == len(panels)
    first_curves = [panel.limits is None for panel in panels].index(True)
    assert all(panel.limits is None for panel in panels[first_curves:])
    for panel in panels:
        assert panel.description.endswith(".")
        assert panel.queries
        # Curves of one panel are told apart.
        assert len(panel.queries) == 1 or all(query.legend for query in panel.queries)
    document = json.loads(dashboard.as_json())
    covered = [
        (place["x"] + x, place["y"] + y)
        for panel in document["panels"]
        for place in (panel["gridPos"],)
        for x in range(place["w"])
        for y in range(place["h"])
    ]
    assert len(set(covered)) == len(covered)
    assert max(x for x, _ in covered) < 24


def test_dashboards_have_names_of_their_own() -> None:
    """Grafana knows them by these; and no file is left of one that is not made any more."""
    assert len({dashboard.name for dashboard in DASHBOARDS}) == len(DASHBOARDS)
    files = {file.stem for file in (_MONITORING / "dashboards").iterdir()}
    assert files == {dashboard.name for dashboard in DASHBOARDS}


def test_prometheus_is_told_of_everything() -> None:
    """Every file of rules, every service on its own port, every job that rules and dashboards speak of."""
    configuration = yaml.safe_load((_MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    rules = {
        f"alerts/{file.name}"
        for file in (_MONITORING / "alerts").glob("*.yaml")
        if not file.stem.endswith("_test")
    }
    assert set(configuration["rule_files"]) == rules
    ports = {
        scrape["job_name"]: scrape["dns_sd_configs"][0]["port"]
        for scrape in configuration["scrape_configs"]
        if "dns_sd_configs" in scrape
    }
    for service, settings in SETTINGS.items():
        assert ports[service] == settings.model_fields["listen_port"].default
    spoken_of = {
        job
        for _, expression in expressions()
        for text in re.findall(r'job[=!~]+"([^"]*)"', expression)
        for job in text.split("|")
    }
    assert spoken_of <= set(ports)


def test_grafana_is_told_of_prometheus() -> None:
    """Grafana chooses the time of rates by how often Prometheus asks."""
    folder = _MONITORING / "grafana"
    (source,) = yaml.safe_load((folder / "datasources.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    prometheus = yaml.safe_load((_MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]
    (provider,) = yaml.safe_load((folder / "dashboards.yaml").read_text(encoding="utf-8"))[
        "providers"
    ]
    assert provider["type"] == "file"
