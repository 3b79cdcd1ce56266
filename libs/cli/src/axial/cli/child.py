"""One child process of the supervisor."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axial.cli import watchdog
from axial.cli.program import Program

# The slowest honest start is SeaweedFS mending volumes, or PostgreSQL replaying 2 GB of WAL.
_START_TIMEOUT_SECONDS = 120.0
_PROBE_PAUSE_SECONDS = 0.05


class ChildFailed(Exception):
    """A child cannot do its work; the message says how."""


class NeverReady(ChildFailed):
    """A child runs, and does not answer; starting it again would not help."""


class Guard:
    """The watchdog process, which outlives us to kill our children if we are killed."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, lock: int) -> "Guard":
        """Start it; it holds the data folder's lock until our children are gone."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Neither site-packages nor the environment: it starts in milliseconds.
            *("-I", "-S", watchdog.__file__),
            stdin=asyncio.subprocess.PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=(lock,),
            start_new_session=True,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id of the watchdog."""
        return self._process.pid

    def remember(self, pid: int, program: Program) -> None:
        """Have the child killed when we die."""
        self._say(f"+{pid} {int(program.kill_signal)}\n")

    def forget(self, pid: int) -> None:
        """Spare whoever gets this number next."""
        self._say(f"-{pid}\n")

    async def watch(self) -> None:
        """Return never.

        Raises:
            ChildFailed: the watchdog died, so nobody would clean up after us.
        """
        await self._process.wait()
        raise ChildFailed("the watchdog process was killed")

    async def dismiss(self) -> None:
        """Let it end; whoever is still registered is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    def _say(self, line: str) -> None:
        if self._process.stdin is not None and self._process.returncode is None:
            self._process.stdin.write(line.encode())


async def launch(program: Program, log: Path, guard: Guard) -> Process:
    """Start the program with its output in `log`, guarded from the first moment.

    Raises:
        ChildFailed: it could not be started at all.
    """
    if program.before_start is not None:
        await asyncio.to_thread(program.before_start)
    with log.open("ab") as output, _telling(program):
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            cwd=program.directory,
            env={**os.environ, **program.environment},
            user=program.user,
            # A Ctrl-C at the terminal is for us alone: we stop the others, in order.
            start_new_session=True,
        )
    guard.remember(process.pid, program)
    return process


@contextmanager
def _telling(program: Program) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ChildFailed(f"cannot start {program.command[0]}: {error.strerror}") from error


async def until_ready(program: Program, process: Process) -> None:
    """Return when the program answers and is configured.

    Raises:
        ChildFailed: it ended first, or could not be configured.
        NeverReady: it took too long.
    """
    deadline = asyncio.get_running_loop().time() + _START_TIMEOUT_SECONDS
    while not await asyncio.to_thread(program.ready):
        if process.returncode is not None:
            raise ChildFailed(f"ended with code {process.returncode} before it was ready")
        if asyncio.get_running_loop().time() > deadline:
            raise NeverReady(f"was not ready within {_START_TIMEOUT_SECONDS:g} s")
        await asyncio.sleep(_PROBE_PAUSE_SECONDS)
    if program.once_ready is not None:
        try:
            await asyncio.to_thread(program.once_ready)
        except OSError as error:
            raise ChildFailed(f"could not be configured: {error}") from error
