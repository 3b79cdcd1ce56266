"""Debian's Prometheus beside a running system, configured as ours is, and an edge that shows its figures."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import yaml

from axial.cli.engines import caddy
from axial.cli.engines.caddy import Upstreams
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, Port, free_ports
from axial.cli.program import Program, answers_http
from support.system import Axial

_MONITORING = Path(__file__).parents[2] / "deploy/monitoring"
# So that a scenario's figures are there as soon as it is over.
_INTERVAL = "1s"
_PATIENCE_SECONDS = 30.0


class Prometheus:
    """A Prometheus that is asked over its HTTP API."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def values(self, expression: str) -> list[float]:
        """Evaluate an expression now; an expression that is none is an error."""
        answer = self._client.post("/api/v1/query", data={"query": expression})
        assert answer.status_code == 200, (expression, answer.text)
        data = answer.json()["data"]
        assert data["resultType"] == "vector", expression
        return [float(sample["value"][1]) for sample in data["result"]]

    def rules(self) -> list[dict[str, Any]]:
        """List the rules that it has loaded, with how they fared."""
        groups = self._client.get("/api/v1/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@contextmanager
def monitoring(axial: Axial, folder: Path) -> Iterator[tuple[Prometheus, str]]:
    """Run both for a `with` block; give the Prometheus, and the URL of the edge."""
    port, edge_port, edge_metrics = free_ports(3)
    edge = _edge(axial, folder, edge_port, edge_metrics)
    targets = {
        "edge": [edge_metrics],
        "prometheus": [port],
        **{
            service: [axial.port(name) for name in axial.replicas(service)]
            for service in ("ingest", "index", "changefeed", "router", "dicom-gateway")
        },
    }
    if "seaweedfs" in axial.programs:
        targets["seaweedfs"] = [axial.port("seaweedfs.metrics")]
    with (
        running([edge, _prometheus(folder, port, targets)], folder / "logs"),
        httpx2.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=_PATIENCE_SECONDS) as client,
    ):
        yield Prometheus(client), edge.address


def _edge(axial: Axial, folder: Path, port: Port, metrics: Port) -> Program:
    def of(service: str) -> tuple[Port, ...]:
        return tuple(axial.port(name) for name in axial.replicas(service))

    upstreams = Upstreams(of("ingest"), of("index"), of("changefeed"), of("router"))
    program = caddy.prepare(folder / "edge", port, upstreams)
    shown = {
        "AXIAL_EDGE_METRICS": "shown",
        "AXIAL_EDGE_METRICS_ADDRESS": f"http://:{metrics}",
    }
    return replace(program, environment={**program.environment, **shown})


def _prometheus(folder: Path, port: Port, targets: Mapping[str, list[Port]]) -> Program:
    """Prepare it with our own configuration, but for where services are and how often they are asked."""
    program = shutil.which("prometheus")
    assert program is not None, "these tests need Debian's package prometheus"
    configuration = yaml.safe_load((_MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    configuration["global"] = {"scrape_interval": _INTERVAL, "evaluation_interval": _INTERVAL}
    configuration["rule_files"] = [str(_MONITORING / name) for name in configuration["rule_files"]]
    configuration["scrape_configs"] = [
        {
            "job_name": scrape["job_name"],
            "static_configs": [
                {"targets": [f"{LOOPBACK}:{port}" for port in targets[scrape["job_name"]]]}
            ],
        }
        for scrape in configuration["scrape_configs"]
        if scrape["job_name"] in targets
    ]
    assert {scrape["job_name"] for scrape in configuration["scrape_configs"]} == set(targets)
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(configuration))
    return Program(
        name="prometheus",
        command=(
            program,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={LOOPBACK}:{port}",
        ),
        ready=answers_http(f"http://{LOOPBACK}:{port}/-/ready"),
        address=f"http://{LOOPBACK}:{port}",
    )
