"""The whole system as its users meet it: a process that was started, and a URL."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from axial.cli.ports import Port, free_ports
from support.agreement import assert_agreed
from support.waiting import eventually_sync

# Engines, services and edge start in some seconds; a loaded machine may need ten times that.
_START_TIMEOUT_SECONDS = 90.0
# Longer than the supervisor's own graces together.
_STOP_TIMEOUT_SECONDS = 90.0
# Longer than anything the system bounds by itself, so that it is never the client who gives up.
CLIENT_TIMEOUT_SECONDS = 120.0
_AXIAL = (sys.executable, "-m", "axial.cli")


class NotRunning(AssertionError):
    """The system did not start, or ended badly; the message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Axial:
    """A system that runs; without `data` it is somebody else's, and only its URL is known."""

    url: str
    data: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    output: Path | None = None
    #: Where DICOM is spoken, if it is.
    dicom_port: int | None = None

    def client(self, **options: object) -> httpx2.Client:
        """Open a client of this system; the caller closes it."""
        return httpx2.Client(base_url=self.url, timeout=CLIENT_TIMEOUT_SECONDS, **options)  # type: ignore[arg-type]

    def async_client(self) -> httpx2.AsyncClient:
        """Open a client of this system for concurrent use; the caller closes it."""
        return httpx2.AsyncClient(base_url=self.url, timeout=CLIENT_TIMEOUT_SECONDS)

    @property
    def folder(self) -> Path:
        """The data folder of a system that we started ourselves."""
        assert self.data is not None, "only a system of our own has a data folder"
        return self.data

    @property
    def nats_url(self) -> str:
        """Where the log and the stream FEED of a system of our own are, as `axial up` leaves it in its folder."""
        told = json.loads((self.folder / "run" / "environment.json").read_text())
        return str(told["AXIAL_NATS_URL"])

    @property
    def programs(self) -> list[str]:
        """The names of the processes that run under the supervisor."""
        return sorted(file.stem for file in (self.folder / "run").glob("*.pid"))

    def replicas(self, service: str) -> list[str]:
        """The names of the processes of a service."""
        return [name for name in self.programs if re.fullmatch(rf"{service}(-\d+)?", name)]

    def own_url(self, program: str) -> str:
        """Where a process of a system of our own answers by itself, beside the edge."""
        return f"http://127.0.0.1:{self.port(program)}"

    def port(self, listener: str) -> Port:
        """Where a process, or one of an engine's listeners, of a system of our own is, on loopback."""
        ports = json.loads((self.folder / "run" / "ports.json").read_text())
        return Port(ports[listener])

    def pid(self, program: str) -> int:
        """Return the process id under which a program of this system runs now."""
        return int((self.folder / "run" / f"{program}.pid").read_text())

    def kill(self, program: str) -> int:
        """Kill a program as a crash would; return the process id it had."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to stop; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(_STOP_TIMEOUT_SECONDS)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `axial` command on the same data."""
        return subprocess.run(
            (*_AXIAL, command, "--data", str(self.folder), *arguments),
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            timeout=CLIENT_TIMEOUT_SECONDS,
        )

    def told(self) -> str:
        """Return what the supervisor has printed so far."""
        return "" if self.output is None else self.output.read_text(errors="replace")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a system is started: the options of `axial up`, Orthanc's in a file, and the services' settings."""

    blobs: str = "directory"
    configuration: Mapping[str, object] = field(default_factory=dict)
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1


def launch(data: Path, wishes: Wishes) -> Axial:
    """Start a system without waiting for it; the caller stops it."""
    data.parent.mkdir(parents=True, exist_ok=True)
    port = wishes.port or free_ports(1)[0]
    speaks_dicom = wishes.configuration.get("DicomServerEnabled", True)
    dicom_port = free_ports(1)[0] if speaks_dicom else None
    options = ["--data", str(data), "--port", str(port), "--blobs", wishes.blobs]
    options += ["--replicas", str(wishes.replicas)]
    if dicom_port is not None:
        options += ["--dicom-port", str(dicom_port)]
    if wishes.configuration:
        file = data.with_name(f"{data.name}.json")
        file.write_text(json.dumps(wishes.configuration))
        options += ["--config", str(file)]
    output = data.with_name(f"{data.name}.out")
    with output.open("ab") as stream:
        process = subprocess.Popen(
            (*_AXIAL, "up", *options),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**_environment(), **wishes.environment},
        )
    return Axial(f"http://127.0.0.1:{port}", data, process, output, dicom_port)


@contextmanager
def running(data: Path, wishes: Wishes | None = None) -> Iterator[Axial]:
    """Run a system for the length of a `with` block; it must start, must end with feeds that agree, and must stop."""
    wishes = wishes or Wishes()
    system = launch(data, wishes)
    try:
        wait_until_up(system)
        yield system
        # Unless the test itself has ended it.
        if system.process is not None and system.process.poll() is None:
            asyncio.run(_assert_agreed(system, wishes))
    except BaseException:
        system.stop()
        raise
    # Killed without warning it was by the test itself, and has nothing to say about it.
    if system.stop() not in (0, -signal.SIGKILL):
        raise NotRunning(f"axial up did not end well:\n{system.told()}")


async def _assert_agreed(system: Axial, wishes: Wishes) -> None:
    async with system.async_client() as client:
        users = wishes.configuration.get("RegisteredUsers")
        if isinstance(users, dict) and users:
            client.auth = next(iter(users.items()))
        await assert_agreed(client, system.nats_url)


def wait_until_up(system: Axial) -> None:
    """Return when the system answers through its edge, be it that it asks who we are, and listens for DICOM."""
    assert system.process is not None
    process = system.process

    def answers() -> bool:
        if process.poll() is not None:
            raise NotRunning(f"axial up ended with {process.returncode}:\n{system.told()}")
        try:
            if system.dicom_port is not None:
                socket.create_connection(("127.0.0.1", system.dicom_port)).close()
            return httpx2.get(f"{system.url}/system").status_code < 500
        except (httpx2.TransportError, OSError):
            return False

    # The edge is the last to start, and answers for services that are not there.
    eventually_sync(answers, within=_START_TIMEOUT_SECONDS, retry_on=())


def _environment() -> dict[str, str]:
    """Ours, without what would configure the system behind the test's back."""
    foreign = ("AXIAL_", "ORTHANC__")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
