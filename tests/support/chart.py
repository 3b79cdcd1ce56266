"""The chart, rendered by Helm's own program as it would be applied."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from axial.cli.engines.binaries import script

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/axial"
#: One for each way in which the chart is meant to be used.
VALUES = sorted((CHART / "ci").glob("*.yaml"))
RELEASE = "test"
# Helm tells of each link that it follows (files/), whatever is asked of it.
_LINK = re.compile(r"^walk\.go:.*\n", re.MULTILINE)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """What runs: a pod, or what pods are made from."""

    kind: str
    name: str
    labels: dict[str, str]
    spec: Document

    @property
    def component(self) -> str:
        """Which part of the archive it is."""
        return self.labels["app.kubernetes.io/component"]

    @property
    def container(self) -> Document:
        """The only container."""
        (container,) = self.spec["containers"]
        return dict(container)

    @property
    def environment(self) -> dict[str, str]:
        """Its variables, without those from secrets."""
        return {
            variable["name"]: variable["value"]
            for variable in self.container.get("env", [])
            if "value" in variable
        }

    @property
    def secret_environment(self) -> dict[str, Document]:
        """Its variables from secrets: which secret, which key."""
        return {
            variable["name"]: variable["valueFrom"]["secretKeyRef"]
            for variable in self.container.get("env", [])
            if "valueFrom" in variable
        }

    @property
    def ports(self) -> dict[str, int]:
        """Its ports by their names."""
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Helm; what it says of links is left out."""
    done = subprocess.run((script("helm"), *arguments), capture_output=True, text=True, check=False)
    done.stderr = _LINK.sub("", done.stderr)
    return done


@cache
def render(values: Path, *options: str) -> tuple[Document, ...]:
    """Render the chart, tests included."""
    done = helm("template", RELEASE, CHART, "--namespace", "archive", "-f", values, *options)
    assert done.returncode == 0, done.stderr
    return tuple(document for document in yaml.load_all(done.stdout, yaml.CSafeLoader) if document)


def refusal(*options: str) -> str:
    """Tell why the chart cannot be rendered with these values."""
    done = helm("template", RELEASE, CHART, *options)
    assert done.returncode != 0
    return done.stderr


def of_kind(documents: tuple[Document, ...], kind: str) -> list[Document]:
    """Choose the documents of a kind."""
    return [document for document in documents if document["kind"] == kind]


def pods(documents: tuple[Document, ...]) -> Iterator[Pod]:
    """Find everything that runs."""
    for document in documents:
        kind, name = document["kind"], document["metadata"]["name"]
        if kind in {"Deployment", "StatefulSet", "Job"}:
            template = document["spec"]["template"]
            yield Pod(kind, name, template["metadata"]["labels"], template["spec"])
        elif kind == "Pod":
            yield Pod(kind, name, document["metadata"]["labels"], document["spec"])


def selects(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector means what has these labels."""
    assert selector.keys() <= {"matchLabels", "matchExpressions"}
    operators = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
    }
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        operators[wish["operator"]](labels.get(wish["key"]), wish["values"])
        for wish in selector.get("matchExpressions", [])
    )
