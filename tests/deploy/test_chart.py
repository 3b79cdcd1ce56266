"""The chart is what Kubernetes takes, and holds what stands elsewhere in the repository."""

import base64
import json
import re
import tarfile
from pathlib import Path

import pytest
import yaml
from support.chart import CHART, ROOT, VALUES, Document, helm, of_kind, pods, render
from support.kubernetes_schemas import VERSIONS, faults

from axial.cli.engines import postgres
from axial.cli.ports import Port

pytestmark = pytest.mark.unit

every_values = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
_MONITORING = ROOT / "deploy/monitoring"


def _named(name: str) -> tuple[Document, ...]:
    return render(CHART / "ci" / f"{name}.yaml")


@every_values
def test_helm_finds_no_fault(values: Path) -> None:
    """Neither a mistake nor a warning, but for the icon that there is none of."""
    done = helm("lint", "--strict", CHART, "-f", values)
    assert done.returncode == 0, done.stdout
    complaints = re.findall(r"^\[.*", done.stdout, re.MULTILINE)
    assert complaints == ["[INFO] Chart.yaml: icon is recommended"]


@pytest.mark.parametrize("version", VERSIONS)
@every_values
def test_kubernetes_takes_every_document(values: Path, version: str) -> None:
    """No field is misspelt or of the wrong type, for the oldest Kubernetes that the chart takes and for the newest."""
    assert [fault for document in render(values) for fault in faults(document, version)] == []


@every_values
def test_no_two_documents_are_the_same_thing(values: Path) -> None:
    """Of two documents of one kind and name, the second would silently replace the first."""
    things = [(document["kind"], document["metadata"]["name"]) for document in render(values)]
    assert len(set(things)) == len(things)


@every_values
def test_names_fit(values: Path) -> None:
    """However long the release is called: a label's value, and so a pod's host name, has 63 letters."""
    for document in render(values, "--set", "nameOverride=" + "n" * 60):
        for text in (document["metadata"]["name"], *document["metadata"]["labels"].values()):
            assert len(text) <= 63


def test_the_edge_has_the_one_caddyfile() -> None:
    """What is tested with `axial up` is what runs in the cluster."""
    (edge,) = [
        document
        for document in of_kind(_named("trial"), "ConfigMap")
        if document["metadata"]["name"].endswith("-edge")
    ]
    # YAML drops the spaces at a line's end only if there are any; the block's indentation is not the file's.
    assert edge["data"]["Caddyfile"] == (ROOT / "deploy/edge/Caddyfile").read_text(encoding="utf-8")


def test_every_alert_and_dashboard_comes_along() -> None:
    """With monitoring, the cluster has the rules and the dashboards of deploy/monitoring, word for word."""
    documents = _named("secrets")
    (rules,) = of_kind(documents, "PrometheusRule")
    files = [
        file
        for file in sorted(_MONITORING.glob("alerts/*.yaml"))
        if not file.stem.endswith("_test")
    ]
    assert files
    assert rules["spec"]["groups"] == [
        group
        for file in files
        for group in yaml.load(file.read_bytes(), yaml.CSafeLoader)["groups"]
    ]
    shown = {
        name: json.loads(text)
        for document in of_kind(documents, "ConfigMap")
        if "grafana_dashboard" in document["metadata"]["labels"]
        for name, text in document["data"].items()
    }
    assert shown == {
        f"axial-{file.name}": json.loads(file.read_text(encoding="utf-8"))
        for file in _MONITORING.glob("dashboards/*.json")
    }
    assert shown


def test_a_packaged_chart_is_whole(tmp_path: Path) -> None:
    """The links to the rest of the repository become files in the package; tests of alerts stay out."""
    assert helm("package", CHART, "--destination", tmp_path).returncode == 0
    # Helm keeps the chart and what it rendered in one Secret, which may have 1 MiB in base64.
    assert next(tmp_path.glob("*.tgz")).stat().st_size < 300 * 1024
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as package:
        members = {member.name.removeprefix("axial/"): member for member in package}
        assert all(member.isfile() for member in members.values())
    expected = {"files/Caddyfile", "files/checks/over_http.py", "values.schema.json", "README.md"}
    expected |= {
        f"files/monitoring/{file.relative_to(_MONITORING)}"
        for file in (*_MONITORING.glob("alerts/*.yaml"), *_MONITORING.glob("dashboards/*.json"))
        if not file.stem.endswith("_test")
    }
    assert expected <= members.keys()
    assert not [name for name in members if name.startswith("ci/") or "_test." in name]


def test_the_engines_are_those_that_were_tested() -> None:
    """The images have the versions of the wheels by which everything here was tested."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^(caddy|nats-server)-bin==([0-9.]+)", lock, re.MULTILINE))
    images = {pod.component: pod.container["image"] for pod in pods(_named("trial"))}
    assert images["edge"] == f"caddy:{versions['caddy']}-alpine"
    assert images["nats"] == f"nats:{versions['nats-server']}-alpine"
    assert images["postgres"].startswith("postgres:18.")


def test_the_trials_postgres_keeps_patients_out_of_its_log() -> None:
    """It is told of logging what the Postgres of `axial up` is told."""
    (database,) = [pod for pod in pods(_named("trial")) if pod.component == "postgres"]
    given = dict(
        argument.removeprefix("-c").split("=", 1)
        for argument in database.container["args"]
        if argument.startswith("-c")
    )
    wanted = {
        name: value
        for name, value in postgres.settings(Port(1), durable=True).items()
        if name.startswith(("log_error", "log_min", "log_parameter"))
    }
    assert wanted
    assert wanted.items() <= given.items()


def test_what_is_generated_is_long_and_not_the_same_twice() -> None:
    """Nobody's archive has the passwords of somebody else's."""
    keys = ("internal-token", "edge-token", "database-password", "blob-secret-key", "users")
    first, second = (
        {
            key: base64.b64decode(document["data"][key])
            for document in of_kind(
                render(CHART / "ci/trial.yaml", "--set", f"hostName={turn}"), "Secret"
            )
            for key in keys
            if key in document["data"]
        }
        for turn in ("one", "two")
    )
    assert first.keys() == set(keys)
    for key in keys:
        assert first[key] != second[key]
        assert len(first[key]) >= 32


@pytest.mark.parametrize("component", ["http", "dicom"])
def test_helm_can_test_what_it_has_installed(component: str) -> None:
    """`helm test` asks over HTTP and over DICOM, by scripts that the chart brings."""
    documents = _named("trial")
    (check,) = [
        document
        for document in of_kind(documents, "Pod")
        if document["metadata"]["name"].endswith(f"-test-{component}")
    ]
    assert check["metadata"]["annotations"]["helm.sh/hook"] == "test"
    (container,) = check["spec"]["containers"]
    assert container["command"] == ["python", f"/checks/over_{component}.py"]
    (scripts,) = [
        document
        for document in of_kind(documents, "ConfigMap")
        if document["metadata"]["name"].endswith("-checks")
    ]
    compile(scripts["data"][f"over_{component}.py"], component, "exec")
