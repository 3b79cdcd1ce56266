"""`axial up`, seen from outside: it starts, tells what runs, stops in order, survives."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from pydicom.data import get_testdata_file
from support.system import Axial, Wishes, launch, running, wait_until_up
from support.waiting import eventually_sync

from axial.cli.ports import free_ports

pytestmark = pytest.mark.e2e

ENGINES = {"postgres", "nats"}
PROGRAMS = {
    "edge",
    "dicom-gateway",
    "ingest",
    "ingest-2",
    "index",
    "changefeed",
    "router",
} | ENGINES


def _dicom() -> bytes:
    return Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()


def _store(system: Axial) -> str:
    """Upload an instance; return its path."""
    with system.client() as client:
        answer = client.post("/instances", content=_dicom())
        assert answer.status_code == 200
        return str(answer.json()["Path"])


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _refused(data: Path) -> str:
    command = (sys.executable, "-m", "axial.cli", "up", "--data", str(data))
    outcome = subprocess.run(
        (*command, "--port", str(free_ports(1)[0])), capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 1
    return outcome.stderr


def _told_pids(told: str) -> dict[str, int]:
    rows = re.findall(r"^([\w-]+) +\S+ +(\d+)$", told, flags=re.MULTILINE)
    return {name: int(pid) for name, pid in rows}


def test_it_tells_what_runs_and_where(own_data: Path) -> None:
    """Each process has one plain line with its number, and the users' address is among them.

    A second one on the same data is told who is the first, which goes on undisturbed.
    """
    with running(own_data) as system:
        eventually_sync(lambda: "Stop: Ctrl-C" in system.told())
        told = system.told()
        assert set(system.programs) == PROGRAMS
        assert _told_pids(told) == {name: system.pid(name) for name in PROGRAMS}
        assert f"http://localhost:{httpx2.URL(system.url).port}" in told
        assert f"dicom://127.0.0.1:{system.dicom_port}" in told
        assert str(own_data) in told
        assert system.process is not None
        line = f"in use by another `axial up` (process {system.process.pid})\n"
        assert _refused(own_data).endswith(line)
        _store(system)


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM]
)
def test_what_was_stored_is_there_after_stop_and_start(
    own_data: Path, number: signal.Signals
) -> None:
    """Stopped in order, it ends with 0 and leaves no process; the next start continues, if wanted without DICOM."""
    with running(own_data) as system:
        path = _store(system)
        pids = [system.pid(name) for name in system.programs]
        assert system.stop(number) == 0
        assert all(_is_gone(pid) for pid in pids)
        assert system.programs == []
    silent = Wishes(configuration={"DicomServerEnabled": False})
    with running(own_data, silent) as system, system.client() as client:
        assert client.get(f"{path}/file").content == _dicom()
        assert set(system.programs) == PROGRAMS - {"dicom-gateway"}


def test_a_killed_supervisor_leaves_nobody_and_loses_nothing(own_data: Path) -> None:
    """After SIGKILL its children are gone within seconds, and the next start needs no help."""
    system = launch(own_data, Wishes())
    wait_until_up(system)
    path = _store(system)
    eventually_sync(lambda: set(system.programs) == PROGRAMS)
    pids = [system.pid(name) for name in system.programs]
    assert system.process is not None
    system.process.kill()
    system.process.wait()
    eventually_sync(lambda: all(_is_gone(pid) for pid in pids))
    with running(own_data) as again, again.client() as client:
        assert client.get(f"{path}/file").content == _dicom()


def test_every_process_is_brought_back(own_data: Path) -> None:
    """Killed one after the other, each is back under another number, which is told in two lines."""
    with running(own_data) as system:
        eventually_sync(lambda: set(system.programs) == PROGRAMS)
        path = _store(system)
        for name in sorted(PROGRAMS):
            before = system.kill(name)
            _told(system, f"{name} is back")
            assert f"{name} was killed by SIGKILL" in system.told()
            assert system.pid(name) != before
        with system.client() as client:
            answer = eventually_sync(lambda: _answer(client, f"{path}/file"), within=60)
            assert answer == _dicom()
        _store(system)


def _told(system: Axial, words: str) -> None:
    eventually_sync(lambda: words in system.told(), within=60)


def _answer(client: httpx2.Client, path: str) -> bytes | bool:
    answer = client.get(path)
    return answer.content if answer.status_code == 200 else False


def test_beyond_loopback_everybody_is_asked_who_they_are(own_data: Path) -> None:
    """With RemoteAccessAllowed, only registered users get in; the import gives its password."""
    users = {"RemoteAccessAllowed": True, "RegisteredUsers": {"alice": "wonderland"}}
    with running(own_data, Wishes(configuration=users)) as system, system.client() as client:
        _told(system, f"dicom://0.0.0.0:{system.dicom_port}")
        assert client.get("/system").status_code == 401
        assert client.get("/system", auth=("alice", "wrong")).status_code == 401
        assert client.get("/system", auth=("alice", "wonderland")).status_code == 200
        file = own_data.with_name("image")
        file.write_bytes(_dicom())
        state = own_data.with_name("state")
        command = (sys.executable, "-m", "axial.cli", "import", "--url", system.url)
        for user, code, told in (
            ((), 1, "use --user"),
            (("--user", "alice"), 0, "1  stored"),
            (("--user", "alice"), 0, "1  finished by an earlier run"),
        ):
            outcome = subprocess.run(
                (*command, "--state", str(state), *user, str(file)),
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "AXIAL_PASSWORD": "wonderland"},
            )
            assert outcome.returncode == code
            assert told in outcome.stdout + outcome.stderr
