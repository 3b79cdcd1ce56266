"""The commands `axial backup` and `axial restore`, as an operator gives them."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.dicoms import DicomMaker
from support.feeds import Entry, all_changes, feed_entries
from support.system import Axial, Wishes, running
from support.waiting import eventually_sync

pytestmark = [pytest.mark.e2e, pytest.mark.long]

_FILES = 300


def _store(system: Axial, maker: DicomMaker, serials: range) -> None:
    with system.client() as client:
        for serial in serials:
            answer = client.post("/instances", content=maker.make(serial).body)
            assert answer.json()["Status"] == "Success"


def _feeds(system: Axial) -> list[list[Entry]]:
    async def read() -> list[list[Entry]]:
        async with system.async_client() as client:
            changes = await all_changes(client, include_deleted=True)
            return [changes, await feed_entries(client)]

    return asyncio.run(read())


def _restore(folder: Path, data: Path) -> tuple[str, ...]:
    options = ("--data", str(data), "--blobs", "s3", "--concurrency", "2")
    return (sys.executable, "-m", "axial.cli", "restore", *options, str(folder))


def test_backed_up_killed_restored(own_data: Path, tmp_path: Path) -> None:
    """A directory's archive, restored onto S3 by a command that is killed first: the same, and it goes on."""
    maker = DicomMaker()
    folder = tmp_path / "backup"
    restored = own_data.with_name("restored")
    with running(own_data, Wishes("directory")) as system:
        _store(system, maker, range(_FILES))
        with system.client() as client:
            assert client.delete(f"/instances/{maker.make(0).id}").status_code == 200
        refused = system.run("restore", str(folder.parent))
        assert refused.returncode == 1
        assert "in use by another `axial up`" in refused.stderr
        before = _feeds(system)
        taken = system.run("backup", str(folder))
        assert taken.returncode == 0, taken.stderr
        assert re.search(r"events up to \d+, changes up to \d+ in the stream", taken.stdout)

    with subprocess.Popen(_restore(folder, restored), stdout=subprocess.PIPE) as process:
        eventually_sync(lambda: any(restored.glob("seaweedfs/volumes/*.dat")))
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    pid_of = restored / "postgres" / "postmaster.pid"
    eventually_sync(lambda: not pid_of.exists() or not _lives(int(pid_of.read_text().split()[0])))
    done = subprocess.run(
        _restore(folder, restored), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr

    with running(restored, Wishes("s3")) as system:
        # What has come to rest meanwhile is told behind it.
        for old, new in zip(before, _feeds(system), strict=True):
            assert new[: len(old)] == old
        with system.client() as client:
            for serial in range(1, _FILES, 7):
                dicom = maker.make(serial)
                assert client.get(f"/instances/{dicom.id}/file").content == dicom.body
        verified = system.run("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        _store(system, maker, range(_FILES, _FILES + 5))
        numbers = [change["Seq"] for change in _feeds(system)[0]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > len(before[0])


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
