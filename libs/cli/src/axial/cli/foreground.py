"""Run programs for the length of a `with` block, as tests do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from axial.cli import watchdog
from axial.cli.logfiles import last_lines
from axial.cli.program import Program

# SeaweedFS needs 3 s here; a loaded machine may need ten times that.
_START_TIMEOUT_SECONDS = 60.0
_PROBE_PAUSE_SECONDS = 0.05


class NotReady(RuntimeError):
    """A program ended, or did not become ready in time; the message holds its last lines."""


def spawn(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start the program with its output in `log`; it is the caller's to stop."""
    if program.before_start is not None:
        program.before_start()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own programs
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=program.directory,
            env={**os.environ, **program.environment},
            user=program.user,
            # A Ctrl-C at the terminal is for us alone: we stop the others, in order.
            start_new_session=True,
        )


def wait_until_ready(program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the program answers.

    Raises:
        NotReady: it ended, or was silent for a minute.
    """
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while not program.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotReady(f"{program.name} did not start:\n{last_lines(log)}")
        time.sleep(_PROBE_PAUSE_SECONDS)
    if program.once_ready is not None:
        program.once_ready()


def stop(program: Program, process: subprocess.Popen[bytes]) -> None:
    """Ask the program to stop; kill it when its grace is over."""
    if process.poll() is None:
        process.send_signal(program.stop_signal)
    try:
        process.wait(program.grace_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def running(programs: Sequence[Program], logs: Path) -> Iterator[None]:
    """Start all programs at once, wait for each, and stop them at the end."""
    with ExitStack() as stack:
        guard = stack.enter_context(_watchdog())
        started = []
        for program in programs:
            log = logs / f"{program.name}.log"
            process = spawn(program, log)
            guard.write(f"+{process.pid} {int(program.kill_signal)}\n")
            guard.flush()
            # In reverse: it is stopped first, then forgotten.
            stack.callback(guard.write, f"-{process.pid}\n")
            stack.callback(stop, program, process)
            started.append((program, process, log))
        for program, process, log in started:
            wait_until_ready(program, process, log)
        yield


@contextmanager
def _watchdog() -> Iterator[IO[str]]:
    """Have a process at hand that kills ours if this one, say a test run, is killed."""
    command = (sys.executable, "-I", "-S", watchdog.__file__)
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        yield process.stdin
