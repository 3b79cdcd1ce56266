"""Processes kept running together."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.disks import mounted

from axial.cli.child import Guard
from axial.cli.folder import DataFolder
from axial.cli.lock import take
from axial.cli.program import Program
from axial.cli.supervisor import GaveUp, Supervisor
from axial.common.testing.eventually import eventually, eventually_sync

pytestmark = pytest.mark.integration

# Writes its name into a shared diary when it starts and when it is told to stop.
DIARIST = """
import signal, sys
name, diary, ready = sys.argv[1:]
def note(what):
    with open(diary, "a") as file:
        print(what, name, file=file)
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGUSR1, lambda *_: note("warned"))
note("started")
open(ready, "w").close()
while True:
    signal.pause()
"""

# Ignores every request to stop.
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()"
)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Make an empty data folder."""
    made = DataFolder(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """Name the file that the diarists write to."""
    return tmp_path / "diary"


def _diarist(name: str, diary: Path) -> Program:
    ready = diary.with_name(f"{name}.ready")
    return Program(
        name=name,
        command=(sys.executable, "-c", DIARIST, name, str(diary), str(ready)),
        ready=ready.exists,
        address="nowhere",
    )


def _always(name: str, code: str, *, grace_seconds: float = 10.0) -> Program:
    """Make a program that counts as ready from the start."""
    return Program(
        name=name,
        command=(sys.executable, "-c", code),
        ready=lambda: True,
        address="nowhere",
        grace_seconds=grace_seconds,
    )


class Told:
    """Collects what a supervisor says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ready = False

    def line(self, text: str) -> None:
        """Take a line."""
        self.lines.append(text)

    def is_ready(self) -> None:
        """Hear that everything is ready."""
        self.ready = True


@asynccontextmanager
async def _supervised(
    stages: list[list[Program]], folder: DataFolder
) -> AsyncIterator[tuple[Supervisor, Told, "asyncio.Task[None]"]]:
    told = Told()
    lock = take(folder)
    guard = await Guard.start(lock)
    supervisor = Supervisor(stages, folder, guard, told.line)
    running = asyncio.create_task(supervisor.run(told.is_ready))
    try:
        yield supervisor, told, running
    finally:
        supervisor.ask_to_stop()
        await asyncio.gather(running, return_exceptions=True)
        await guard.dismiss()
        os.close(lock)


def _entries(diary: Path) -> list[str]:
    return diary.read_text().splitlines()


def _pid(folder: DataFolder, name: str) -> int:
    return int(folder.pid_file(name).read_text())


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _all_gone(pids: list[int]) -> Callable[[], bool]:
    return lambda: all(_is_gone(pid) for pid in pids)


async def test_stages_start_in_order_and_stop_in_reverse(folder: DataFolder, diary: Path) -> None:
    """What is needed by others starts before them, and stops after them."""
    stages = [[_diarist(name, diary)] for name in ("engine", "service", "edge")]
    async with _supervised(stages, folder) as (supervisor, told, running):
        await eventually(lambda: told.ready)
        supervisor.ask_to_stop()
        await running
    assert _entries(diary) == [
        "started engine",
        "started service",
        "started edge",
        "stopped edge",
        "stopped service",
        "stopped engine",
    ]
    assert not list(folder.run.glob("*.pid"))


async def test_who_is_waited_for_is_warned_first(folder: DataFolder, diary: Path) -> None:
    """A program whose work has no end hears of the stop before its turn comes."""
    warned = replace(_diarist("service", diary), farewell_signal=signal.SIGUSR1)
    async with _supervised([[warned], [_diarist("edge", diary)]], folder) as (
        supervisor,
        told,
        running,
    ):
        await eventually(lambda: told.ready)
        supervisor.ask_to_stop()
        await running
    entries = _entries(diary)
    assert entries.index("warned service") < entries.index("stopped service")
    assert "warned edge" not in entries


async def test_a_killed_process_is_back_under_another_number(
    folder: DataFolder, diary: Path
) -> None:
    """A death is told in one line, another when the process is ready again; the others go on."""
    stages = [[_diarist("one", diary), _diarist("two", diary)]]
    async with _supervised(stages, folder) as (supervisor, told, _):
        await eventually(lambda: told.ready)
        other, killed = _pid(folder, "two"), _pid(folder, "one")
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: len(told.lines) == 2)
        assert supervisor.pid("one") == _pid(folder, "one") != killed
        assert _pid(folder, "two") == other
        assert told.lines[0] == "one was killed by SIGKILL; starting it again in 0.2 s"
        assert told.lines[1] == f"one is back (process {_pid(folder, 'one')})"


async def test_five_deaths_stop_the_whole_with_name_and_last_lines(
    folder: DataFolder, diary: Path
) -> None:
    """A program that cannot live takes everything down with it, in order, and says why."""
    dying = _always("dying", "print('out of luck'); raise SystemExit(3)")
    async with _supervised([[_diarist("well", diary)], [dying]], folder) as (_, _told, running):
        with pytest.raises(GaveUp, match=r"(?s)^dying ended with code 3.* 5 times .*out of luck"):
            await running
    assert _entries(diary)[-1] == "stopped well"


# Lives where there is room.
CHOOSY = """
import os, signal, sys
if os.statvfs(sys.argv[1]).f_bavail < 100:
    sys.exit(3)
signal.pause()
"""


async def test_a_full_disk_is_waited_for(folder: DataFolder) -> None:
    """Who dies again and again is not given up while a disk is full, and started once there is room."""
    with mounted(folder.of("engine")) as disk:
        disk.leave(0)
        choosy = _always("choosy", CHOOSY)
        choosy = replace(choosy, command=(*choosy.command, str(disk.folder)))
        async with _supervised([[choosy]], folder) as (_, told, _running):
            waiting = "choosy ended with code 3; waiting for room on the disk of engine"
            await eventually(lambda: waiting in told.lines)
            assert told.lines[-1] == waiting
            disk.relieve()
            await eventually(lambda: told.lines[-1].startswith("choosy is back"))


async def test_who_is_stuck_is_started_again(
    folder: DataFolder, diary: Path, tmp_path: Path
) -> None:
    """Who says that it will not go on by itself is started again, as soon as a start can help."""
    flag = tmp_path / "stuck"
    stuck = replace(
        _diarist("engine", diary),
        stuck=flag.exists,
        before_start=lambda: flag.unlink(missing_ok=True),
    )
    with mounted(folder.of("engine")) as disk:
        async with _supervised([[stuck]], folder) as (supervisor, told, _):
            await eventually(lambda: told.ready)
            pid = supervisor.pid("engine")
            disk.leave(0)
            flag.touch()
            waiting = "engine cannot go on; waiting for room on the disk of engine"
            await eventually(lambda: told.lines == [waiting])
            assert supervisor.pid("engine") == pid
            disk.relieve()
            await eventually(lambda: len(told.lines) == 3)
            assert told.lines[1] == "engine could not go on; starting it again in 0.2 s"
            assert supervisor.pid("engine") != pid
            order = ["started engine", "stopped engine", "started engine"]
            await eventually(lambda: _entries(diary) == order)


async def test_a_program_that_is_not_there_is_told(folder: DataFolder) -> None:
    """The name of the missing program is in the message."""
    missing = Program("ghost", ("/nonexistent/ghost",), ready=lambda: True, address="nowhere")
    async with _supervised([[missing]], folder) as (_, _told, running):
        with pytest.raises(GaveUp, match="cannot start /nonexistent/ghost"):
            await running


async def test_who_does_not_stop_is_killed_when_the_grace_is_over(folder: DataFolder) -> None:
    """A process that ignores the request to stop does not hold up the others for ever."""
    stubborn = _always("stubborn", STUBBORN, grace_seconds=0.2)
    async with _supervised([[stubborn]], folder) as (supervisor, told, running):
        await eventually(lambda: told.ready)
        pid = _pid(folder, "stubborn")
        supervisor.ask_to_stop()
        await asyncio.wait_for(running, 5)
    assert _is_gone(pid)


async def test_asking_twice_is_asking_for_haste(folder: DataFolder) -> None:
    """A second Ctrl-C does not wait for anybody's grace."""
    stubborn = _always("stubborn", STUBBORN, grace_seconds=600)
    async with _supervised([[stubborn]], folder) as (supervisor, told, running):
        await eventually(lambda: told.ready)
        supervisor.ask_to_stop()
        supervisor.ask_to_stop()
        await asyncio.wait_for(running, 5)


async def test_without_its_watchdog_the_system_stops(folder: DataFolder, diary: Path) -> None:
    """Nothing runs on with nobody to clean up after it."""
    told = Told()
    lock = take(folder)
    guard = await Guard.start(lock)
    supervisor = Supervisor([[_diarist("one", diary)]], folder, guard, told.line)
    running = asyncio.create_task(supervisor.run(told.is_ready))
    await eventually(lambda: told.ready)
    os.kill(guard.pid, signal.SIGKILL)
    with pytest.raises(GaveUp, match="watchdog"):
        await running
    await guard.dismiss()
    os.close(lock)
    assert _entries(diary)[-1] == "stopped one"


async def test_the_previous_run_keeps_its_log(folder: DataFolder, diary: Path) -> None:
    """A start puts the log of the run before aside, and begins an empty one."""
    folder.log("one").write_text("of the run before\n")
    async with _supervised([[_diarist("one", diary)]], folder) as (_, told, _running):
        await eventually(lambda: told.ready)
    assert folder.log("one").read_text() == ""
    assert (folder.logs / "one.log.1").read_text() == "of the run before\n"


# A supervisor with a PostgreSQL, whose identity is changed on the way, and an ordinary child.
SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from axial.cli.child import Guard
from axial.cli.engines import postgres
from axial.cli.folder import DataFolder
from axial.cli.lock import take
from axial.cli.ports import free_ports
from axial.cli.program import Program
from axial.cli.supervisor import Supervisor

async def main():
    folder = DataFolder(Path(sys.argv[1]))
    folder.make()
    lock = take(folder)
    (port,) = free_ports(1)
    sleeper = Program("sleeper", ("sleep", "600"), ready=lambda: True, address="nowhere")
    stages = [[postgres.prepare(folder.of("postgres"), port), sleeper]]
    supervisor = Supervisor(stages, folder, await Guard.start(lock), print)
    await supervisor.run(lambda: print("ready", flush=True))

asyncio.run(main())
"""


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    """After SIGKILL of the supervisor no child is left, and the folder can be used again."""
    folder = DataFolder(tmp_path / "data")
    command = [sys.executable, "-c", SUPERVISOR, str(folder.root)]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
            assert supervisor.stdout is not None
            assert supervisor.stdout.readline() == "ready\n"
            children = [_pid(folder, "postgres"), _pid(folder, "sleeper")]
            postmaster = (folder.of("postgres") / "postmaster.pid").read_text().split()[0]
            assert int(postmaster) == children[0]
            supervisor.kill()
        eventually_sync(_all_gone(children))
        # Waits for the watchdog, and would be refused if anybody else still had it.
        os.close(take(folder))
