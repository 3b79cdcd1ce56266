"""Who is killed when the supervisor is gone."""

import signal
import subprocess
import sys

import pytest

from axial.cli import watchdog

pytestmark = pytest.mark.unit


def test_only_who_is_still_registered_is_left() -> None:
    """A process that was taken off the list is spared, and a number may come back."""
    lines = ["+10 9\n", "+11 3\n", "-10\n", "+12 9\n", "-12\n", "+12 3\n"]
    assert watchdog.registered(lines) == {11: signal.SIGQUIT, 12: signal.SIGQUIT}


def test_the_end_of_the_pipe_kills_who_is_registered() -> None:
    """When its input ends, the watchdog kills the living, and is not put off by the dead."""
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim,
        subprocess.Popen([sys.executable, "-c", ""]) as dead,
    ):
        dead.wait()
        lines = f"+{victim.pid} 9\n+{dead.pid} 9\n".encode()
        subprocess.run([sys.executable, "-I", "-S", watchdog.__file__], input=lines, check=True)
        assert victim.wait(5) == -signal.SIGKILL
