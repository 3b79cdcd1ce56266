"""The archive of deploy/compose as a project of its own: built, started, hurt and removed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.waiting import eventually_sync

from axial.cli.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
_COMPOSE = ROOT / "deploy" / "compose"
_IMAGES = ROOT / "deploy" / "images"
_PROJECT = "axial-e2e"
# Postgres replays its log, SeaweedFS mends its volumes; a loaded machine needs its time for both.
_HEALTHY_WITHIN_SECONDS = 300.0
# Of the tests in tests/e2e, any AE title may ask anything.
_TRUSTING = {f"DicomAlwaysAllow{right}": True for right in ("Find", "Get", "Move")}


@dataclass(frozen=True, slots=True)
class Stack:
    """What `docker-compose up` has started, and how to reach it."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    dicom_port: int
    password: str

    @property
    def url(self) -> str:
        """Where the edge is, with the credentials of the one user."""
        return f"http://axial:{self.password}@127.0.0.1:{self.port}"

    def compose(self, *words: str, **more: str) -> None:
        """Run a command of Compose; it must succeed."""
        subprocess.run((*self.command, *words), check=True, env={**self.environment, **more})

    def containers(self) -> list[str]:
        """Name every container, each after those that it depends on."""
        listed = _told("docker", "ps", "--filter", f"label=com.docker.compose.project={_PROJECT}",
                       "--format", "{{.Names}}").split()  # fmt: skip
        order = ("nats", "postgres", "seaweedfs", "ingest", "index", "changefeed", "router")

        def turn(name: str) -> tuple[int, str]:
            place = [n for n, service in enumerate(order) if f"{_PROJECT}_{service}_" in _old(name)]
            return (place[0] if place else len(order), name)

        return sorted(listed, key=turn)

    def until_healthy(self, names: list[str]) -> None:
        """Return when these containers are well; those without a health check when they run."""

        def all_are_well() -> bool:
            told = _told("docker", "inspect", "--format",
                         "{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}",
                         *names)  # fmt: skip
            return set(told.split()) <= {"healthy", "running"}

        eventually_sync(all_are_well, within=_HEALTHY_WITHIN_SECONDS)

    def restart(self, name: str) -> None:
        """Restart one container as an upgrade would: asked to stop, given its time; return when it is well."""
        subprocess.run(("docker", "restart", "--time", "60", name), check=True, capture_output=True)
        self.until_healthy([name])

    def kill(self, name: str) -> None:
        """Kill one container as a power failure would, and start it again; return when it is well."""
        subprocess.run(("docker", "kill", name), check=True, capture_output=True)
        subprocess.run(("docker", "start", name), check=True, capture_output=True)
        self.until_healthy([name])


@contextmanager
def running() -> Iterator[Stack]:
    """Build and start the archive for the length of a `with` block."""
    _need_the_base()
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder) / "secrets"
        subprocess.run((_COMPOSE / "secrets.sh", secrets), check=True, stdout=subprocess.DEVNULL)
        password = (secrets / "user_password").read_text()
        options = _TRUSTING | {"RegisteredUsers": {"axial": password}}
        (secrets / "axial.json").write_text(json.dumps(options))
        port, dicom_port = free_ports(2)
        environment = {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "COMPOSE_PROJECT_NAME": _PROJECT,
            "AXIAL_SECRETS": str(secrets),
            "AXIAL_HTTP_PORT": str(port),
            "AXIAL_DICOM_PORT": str(dicom_port),
        }
        files = [_COMPOSE / name for name in ("compose.yaml", "compose.local.yaml")]
        command = (*_program(), *(word for file in files for word in ("-f", str(file))))
        stack = Stack(command, environment, port, dicom_port, password)
        # First the program that another image takes in.
        stack.compose("--profile", "never", "build", "weed")
        stack.compose("build")
        try:
            stack.compose("up", "-d")
            stack.until_healthy(stack.containers())
            yield stack
        except BaseException:
            stack.compose("logs", "--no-color", "--tail=100")
            raise
        finally:
            stack.compose("down", "--volumes", "--remove-orphans")


def _is_ours(variable: str) -> bool:
    # Debian's docker-compose is a Python package `compose`, as this one is: it would find us on its path.
    return variable.startswith("AXIAL_") or variable == "PYTHONPATH"


def _program() -> tuple[str, ...]:
    asked = subprocess.run(("docker", "compose", "version"), capture_output=True, check=False)
    if asked.returncode == 0:
        return ("docker", "compose")
    found = shutil.which("docker-compose")
    if found is None:
        sys.exit("neither `docker compose` nor docker-compose is installed")
    return (found,)


def _need_the_base() -> None:
    text = (_IMAGES / "Dockerfile").read_text(encoding="utf-8")
    named = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert named is not None
    inspected = subprocess.run(
        ("docker", "image", "inspect", named[1]), capture_output=True, check=False
    )
    if inspected.returncode != 0:
        subprocess.run((sys.executable, _IMAGES / "base.py", named[1]), check=True)


def _told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _old(name: str) -> str:
    """Spell a container's name as Compose 1 does, which Compose 2 joins by hyphens."""
    return re.sub(rf"^{_PROJECT}-(.+)-(\d+)$", rf"{_PROJECT}_\1_\2", name)
