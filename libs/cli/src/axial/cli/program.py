"""A child process as a value: what to run, how to see that it is ready, how to stop it."""

import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from axial.cli.ports import LOOPBACK, Port

# A probe is asked again at once, so it gives up long before the start-up limit does.
PROBE_TIMEOUT_SECONDS = 1.0

Probe = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the system; nothing runs until somebody starts it."""

    name: str
    command: tuple[str, ...]
    ready: Probe
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    # Another account than ours; None keeps ours.
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent before anything is stopped: what would go on without end shall end, what is short is still done.
    farewell_signal: signal.Signals | None = None
    # How long an orderly stop may take before SIGKILL. Nothing acknowledged depends on it.
    grace_seconds: float = 10.0
    # The signal for a death without warning: SIGKILL, but for programs with children of their own.
    kill_signal: signal.Signals = signal.SIGKILL
    # Puts what a crash left behind in order; called before every start, as any may follow a crash.
    before_start: Callable[[], object] | None = None
    # Configures what can only be configured from outside; called each time it becomes ready.
    once_ready: Callable[[], object] | None = None
    # Content when the program runs, and says that it will not do its work again before it is started again.
    stuck: Probe | None = None


def answers_http(url: str) -> Probe:
    """Make a probe that is content with a 200 from `url`."""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own loopback URL
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
        except (urllib.error.URLError, OSError):
            return False

    return probe


def accepts_tcp(port: Port, *, host: str = LOOPBACK) -> Probe:
    """Make a probe that is content when somebody listens on the port."""

    def probe() -> bool:
        try:
            with socket.create_connection((host, port), timeout=PROBE_TIMEOUT_SECONDS):
                return True
        except OSError:
            return False

    return probe


def succeeds(*command: str) -> Probe:
    """Make a probe that is content when the command exits with 0."""

    def probe() -> bool:
        try:
            outcome = subprocess.run(  # noqa: S603 - a program of the engine's own wheel
                command, capture_output=True, check=False, timeout=PROBE_TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
        return outcome.returncode == 0

    return probe
