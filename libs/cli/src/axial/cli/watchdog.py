"""Kills the children of a supervisor that was itself killed without warning.

It is a process of its own, in a session of its own, at the other end of a pipe that only the
supervisor holds open. Lines `+pid signal` and `-pid` tell it who lives; the end of the pipe tells it
that the supervisor does not. (Linux's PR_SET_PDEATHSIG would be simpler, but a change of identity
clears it, and PostgreSQL is started through one.)

It imports nothing of ours, so that it starts in milliseconds.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

# PostgreSQL's immediate shutdown gives its own children 5 s; what is left then gets SIGKILL.
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.02


def main() -> None:
    """Watch standard input to its end, then kill who is still registered."""
    # Whoever interrupts a terminal means the supervisor.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    kill(registered(sys.stdin))


def registered(lines: Iterable[str]) -> dict[int, int]:
    """Follow the lines to their end; return who is registered then, each with its signal."""
    living: dict[int, int] = {}
    for line in lines:
        pid, _, last_signal = line[1:].partition(" ")
        if line.startswith("+"):
            living[int(pid)] = int(last_signal)
        else:
            living.pop(int(pid), None)
    return living


def kill(processes: dict[int, int]) -> None:
    """Send each process its signal, and SIGKILL to those that it does not end in time."""
    for pid, last_signal in processes.items():
        _send(pid, last_signal)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (living := [pid for pid in processes if _lives(pid)]) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    for pid in living:
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
