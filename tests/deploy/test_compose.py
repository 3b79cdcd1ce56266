"""The compose files say what is so: variables that exist, secrets that are made, engines as `axial up` runs them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import json5
import pytest
import yaml
from docs.generate import SETTINGS

from axial.cli.engines import nats, postgres
from axial.cli.ports import Port
from axial.common.configuration import Configuration

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "compose"
MONITORING = ROOT / "deploy" / "monitoring"
# What `axial up` tells Postgres otherwise: where to listen is the image's to say.
_OF_THE_IMAGE = {"listen_addresses", "unix_socket_directories", "port"}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Read the compose file."""
    return dict(yaml.safe_load((COMPOSE / "compose.yaml").read_text()))


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the secrets of a first start."""
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    subprocess.run((COMPOSE / "secrets.sh", folder), check=True, capture_output=True)
    return folder


def test_every_variable_is_a_setting(told: dict[str, Any]) -> None:
    """A variable with a slip of the pen would be ignored: each is a setting of some service, each secret of its own."""
    known = {
        name: {f"AXIAL_{field.upper()}" for field in settings.model_fields}
        for name, settings in SETTINGS.items()
    }
    anywhere = set().union(*known.values())
    for name in SETTINGS:
        service = told["services"][name]
        for variable in service["environment"]:
            if variable.startswith("AXIAL_"):
                assert variable in anywhere, (name, variable)
        for secret in service["secrets"]:
            if secret.startswith("axial_"):
                assert secret.upper() in known[name], (name, secret)
    options = {
        re.sub(r"(?<!^)([A-Z])", r"_\1", field.alias).upper()
        for field in Configuration.model_fields.values()
        if field.alias
    }
    for variable in told["x-environment"]:
        if variable.startswith("ORTHANC__"):
            assert variable.removeprefix("ORTHANC__") in options


def test_what_the_edge_is_told_is_what_it_reads(told: dict[str, Any]) -> None:
    """Each variable occurs in the Caddyfile."""
    caddyfile = (ROOT / "deploy" / "edge" / "Caddyfile").read_text()
    for variable in told["services"]["edge"]["environment"]:
        if variable.startswith("AXIAL_"):
            assert "{$" + variable in caddyfile, variable


def test_every_image_has_a_tag(told: dict[str, Any]) -> None:
    """None is `latest`, none comes from a registry that is named here, and each of ours has a target."""
    targets = re.findall(
        r"^FROM \S+ AS (\S+)", (ROOT / "deploy" / "images" / "Dockerfile").read_text(), re.MULTILINE
    )
    for name, service in told["services"].items():
        if "build" in service:
            assert service["build"]["target"] in targets
            expected = "${AXIAL_REGISTRY:-}axial-" + service["build"]["target"]
            assert service["image"] == expected + ":${AXIAL_VERSION:-0.1.0}"
        else:
            repository, tag = service["image"].split(":")
            assert "." not in repository, name
            assert re.match(r"v?\d+\.\d+", tag), name


def test_nothing_has_more_rights_than_it_needs(told: dict[str, Any]) -> None:
    """Root file systems are read-only, without capabilities; of the engines Postgres alone makes its own way down."""
    for name, service in told["services"].items():
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "postgres":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
        assert "privileged" not in service
        for port in service.get("ports", []):
            # Nobody's archive is open by accident.
            assert port.startswith(("127.0.0.1:", "${AXIAL_BIND:-127.0.0.1}:")), name


def test_no_secret_is_written_down(told: dict[str, Any], secrets: Path) -> None:
    """All are files that the script makes, no two archives have the same, and what is there stays."""
    made = {file.name: file.read_text() for file in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o077 == 0
    for name, secret in told["secrets"].items():
        assert secret == {"file": f"${{AXIAL_SECRETS:-./secrets}}/{name}"}
        assert made[name].strip()
    subprocess.run((COMPOSE / "secrets.sh", secrets), check=True, capture_output=True)
    assert made == {file.name: file.read_text() for file in secrets.iterdir()}
    other = secrets.with_name("others")
    subprocess.run((COMPOSE / "secrets.sh", other), check=True, capture_output=True)
    for name, content in made.items():
        assert (other / name).read_text() != content, name
    assert "secrets/" in (COMPOSE / ".gitignore").read_text().split()


def test_the_secrets_fit_one_another(secrets: Path) -> None:
    """Who is asked knows the same word as who asks."""

    def read(name: str) -> str:
        return (secrets / name).read_text()

    (user,) = json5.loads(read("axial.json"))["RegisteredUsers"].items()
    assert user == ("axial", read("user_password"))
    assert f":{read('postgres_password')}@" in read("axial_database_url")
    assert f":{read('nats_password')}@" in read("axial_nats_url")
    assert f'password: "{read("nats_password")}"' in read("nats_users.conf")
    (identity,) = json.loads(read("seaweedfs_s3.json"))["identities"]
    keys = {"accessKey": read("axial_blob_access_key"), "secretKey": read("axial_blob_secret_key")}
    assert identity["credentials"] == [keys]
    passwords = [read(file.name) for file in secrets.iterdir() if len(read(file.name)) == 48]
    assert len(set(passwords)) == len(passwords) == 8


def test_postgres_is_set_as_by_axial_up(told: dict[str, Any]) -> None:
    """The same settings: durable, and without patient data in its log."""
    command = told["services"]["postgres"]["command"]
    assert command[0] == "postgres"
    assert set(command[1::2]) == {"-c"}
    # There may be two of everything.
    ours = postgres.settings(Port(5432), durable=True, replicas=2)
    theirs = dict(word.split("=", 1) for word in command[2::2])
    assert theirs == {name: value for name, value in ours.items() if name not in _OF_THE_IMAGE}


def test_nats_is_set_as_by_axial_up(tmp_path: Path) -> None:
    """An event is on disk before it is acknowledged, and may be as large."""
    ours = (COMPOSE / "nats-server.conf").read_text()
    nats.prepare(tmp_path, Port(4222), Port(8222))
    for line in (tmp_path / "nats-server.conf").read_text().splitlines():
        if re.match(r"\s*(sync_interval|max_payload|server_name):", line):
            assert line.strip() in ours, line


def test_prometheus_reads_every_alert() -> None:
    """Alerts are named one by one, as their tests lie among them."""
    named = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["rule_files"]
    files = {f"alerts/{file.name}" for file in (MONITORING / "alerts").glob("*.yaml")}
    assert set(named) == {name for name in files if not name.endswith("_test.yaml")}


@pytest.mark.tools
@pytest.mark.skipif(
    shutil.which("docker-compose") is None and not os.environ.get("CI"),
    reason="docker-compose is not installed",
)
@pytest.mark.parametrize("more", [[], ["compose.tls.yaml"], ["compose.local.yaml"]])
def test_compose_understands_it(more: list[str]) -> None:
    """Debian's docker-compose 1.29 reads the file, alone and with each of those that may be added."""
    files = [word for name in ("compose.yaml", *more) for word in ("-f", str(COMPOSE / name))]
    profiles = [word for name in ("two", "tools", "monitoring") for word in ("--profile", name)]
    read = subprocess.run(
        ("docker-compose", *files, *profiles, "config", "--quiet"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert read.returncode == 0, read.stderr
