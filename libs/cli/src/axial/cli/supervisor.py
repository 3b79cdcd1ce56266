"""Keep programs running together: start in order, start again, stop in reverse."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

from axial.cli.child import ChildFailed, Guard, NeverReady, launch, until_ready
from axial.cli.folder import DataFolder
from axial.cli.logfiles import last_lines, rotate, trim
from axial.cli.program import Program
from axial.cli.restart import MOST_DEATHS, WINDOW_SECONDS, GiveUp, after_death

_TRIM_INTERVAL_SECONDS = 60.0

# How often a program is asked whether it is stuck, and a full disk whether it still is.
_LOOK_SECONDS = 2.0

# For a program that is told to drop everything: PostgreSQL gives its own children as long.
_LAST_GRACE_SECONDS = 5.0

Tell = Callable[[str], None]


class GaveUp(Exception):
    """One program cannot be kept running; the message names it and holds its last lines."""


class Supervisor:
    """Runs stages of programs; a stage is started when all of the stage before it are ready."""

    def __init__(
        self, stages: Sequence[Sequence[Program]], folder: DataFolder, guard: Guard, tell: Tell
    ) -> None:
        self._stages = stages
        self._folder = folder
        self._guard = guard
        self._tell = tell
        self._processes: dict[str, Process] = {}
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()

    def pid(self, name: str) -> int | None:
        """Return the process id under which a program runs now."""
        process = self._processes.get(name)
        return process.pid if process else None

    def ask_to_stop(self) -> None:
        """Begin the orderly stop; asked a second time, do not wait for anybody."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Run everything until asked to stop.

        Raises:
            GaveUp: a program died too often, or never became ready; the others are stopped by then.
        """
        for program in self._programs():
            rotate(self._folder.log(program.name))
        keepers: dict[str, asyncio.Task[None]] = {}
        failure: Exception | None = None
        try:
            for stage in self._stages:
                ready = [asyncio.Event() for _ in stage]
                for program, event in zip(stage, ready, strict=True):
                    keepers[program.name] = asyncio.create_task(self._keep(program, event))
                await self._first_of(keepers, _all_set(ready))
                if self._stopping.is_set():
                    return
            when_ready()
            await self._first_of(keepers, self._trim_logs())
        except (GaveUp, ChildFailed) as error:
            failure = error
        finally:
            self._stopping.set()
            self._say_farewell()
            for stage in reversed(self._stages):
                await asyncio.gather(*(self._stop(program, keepers) for program in stage))
        if failure is not None:
            raise GaveUp(str(failure)) from failure

    async def _first_of(
        self, keepers: dict[str, asyncio.Task[None]], work: Coroutine[None, None, None]
    ) -> None:
        """Wait for the work, the wish to stop, or a failure, whichever comes first."""
        own = [
            asyncio.create_task(wait)
            for wait in (work, _all_set([self._stopping]), self._guard.watch())
        ]
        try:
            done, _ = await asyncio.wait(
                {*own, *keepers.values()}, return_when=asyncio.FIRST_COMPLETED
            )
            for finished in done:
                finished.result()
        finally:
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)

    async def _keep(self, program: Program, ready: asyncio.Event) -> None:
        """Run one program, again whenever it dies, until the stop."""
        log = self._folder.log(program.name)
        deaths: tuple[float, ...] = ()
        while not self._stopping.is_set():
            process = await launch(program, log, self._guard)
            self._processes[program.name] = process
            # For those who look on; a full disk need not end everything.
            with suppress(OSError):
                self._folder.pid_file(program.name).write_text(f"{process.pid}\n")
            if self._stopping.is_set():
                _signal(process, program.stop_signal)
            try:
                await until_ready(program, process)
                if ready.is_set():
                    self._tell(f"{program.name} is back (process {process.pid})")
                ready.set()
                reason = await self._until_it_fails(program, process)
            except NeverReady as error:
                if not self._folder.full():
                    await self._reap(program, process)
                    raise GaveUp(
                        f"{program.name} {error}; its last lines:\n{last_lines(log)}"
                    ) from error
                reason = str(error)
            except ChildFailed as error:
                reason = str(error)
            await self._reap(program, process)
            if self._stopping.is_set():
                return
            deaths, decision = after_death(deaths, asyncio.get_running_loop().time())
            if isinstance(decision, GiveUp):
                if not self._folder.full():
                    raise GaveUp(_farewell(program, reason, log))
                await self._until_there_is_room(f"{program.name} {reason}")
                deaths = ()
                continue
            self._tell(
                f"{program.name} {reason}; starting it again in {decision.delay_seconds:g} s"
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), decision.delay_seconds)

    async def _until_it_fails(self, program: Program, process: Process) -> str:
        """Wait for its end, and bring that about when it is stuck; tell how it came to it."""
        ended = asyncio.create_task(process.wait())
        pause = None if program.stuck is None else _LOOK_SECONDS
        try:
            while not (await asyncio.wait({ended}, timeout=pause))[0]:
                assert program.stuck is not None, "without a probe the wait has no end of its own"
                if await asyncio.to_thread(program.stuck):
                    await self._until_there_is_room(f"{program.name} cannot go on")
                    _signal(process, program.stop_signal)
                    await asyncio.wait({ended}, timeout=program.grace_seconds)
                    return "could not go on"
            return _reason(process)
        finally:
            ended.cancel()

    async def _until_there_is_room(self, why: str) -> None:
        """Wait while a disk is full, or until the stop: neither a new start nor giving up would help."""
        if full := self._folder.full():
            self._tell(f"{why}; waiting for room on the disk of {', '.join(full)}")
        while self._folder.full() and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)

    async def _reap(self, program: Program, process: Process) -> None:
        """Make sure that it is gone, and that nobody takes its number for it."""
        _signal(process, signal.SIGKILL)
        await process.wait()
        self._guard.forget(process.pid)
        self._processes.pop(program.name, None)
        self._folder.pid_file(program.name).unlink(missing_ok=True)

    def _say_farewell(self) -> None:
        for program in self._programs():
            process = self._processes.get(program.name)
            if process is not None and program.farewell_signal is not None:
                _signal(process, program.farewell_signal)

    async def _stop(self, program: Program, keepers: dict[str, asyncio.Task[None]]) -> None:
        """Ask it to stop; kill it when its grace is over, or somebody is in a hurry."""
        keeper = keepers.get(program.name)
        if keeper is None:
            return
        hurry = asyncio.create_task(self._hurried.wait())
        for number, patience_seconds in (
            (program.stop_signal, program.grace_seconds),
            (program.kill_signal, _LAST_GRACE_SECONDS),
            (signal.SIGKILL, None),
        ):
            process = self._processes.get(program.name)
            if process is not None:
                _signal(process, number)
            waiting = {keeper, hurry} if number is program.stop_signal else {keeper}
            await asyncio.wait(
                waiting, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if keeper.done():
                break
        hurry.cancel()
        # Its failure was told already, or is of no interest beside the one that was.
        await asyncio.gather(keeper, return_exceptions=True)

    async def _trim_logs(self) -> None:
        while True:
            await asyncio.sleep(_TRIM_INTERVAL_SECONDS)
            for program in self._programs():
                trim(self._folder.log(program.name))

    def _programs(self) -> list[Program]:
        return [program for stage in self._stages for program in stage]


async def _all_set(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(number)


def _reason(process: Process) -> str:
    code = process.returncode or 0
    if code >= 0:
        return f"ended with code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def _farewell(program: Program, reason: str, log: Path) -> str:
    return (
        f"{program.name} {reason}, and died {MOST_DEATHS} times within {WINDOW_SECONDS:g} s;"
        f" its last lines:\n{last_lines(log)}"
    )
