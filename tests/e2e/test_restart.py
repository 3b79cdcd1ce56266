"""Stopping the system, then starting it on the same data: nothing is lost, everything goes on."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from support.dicoms import DicomMaker
from support.feeds import Entry, all_changes, v1_entries, v2_entries
from support.system import Axial, Wishes, running
from support.waiting import eventually_sync

# In short, on a directory: `test_up`.
pytestmark = [pytest.mark.e2e, pytest.mark.long]

_FILES = 12


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_a_second_start_continues(own_data: Path, number: signal.Signals) -> None:
    """After Ctrl-C, and after a kill of the supervisor, the files are there and the numbers go on."""
    maker = DicomMaker()
    wishes = Wishes("s3")
    with running(own_data, wishes) as system:
        processes = [system.pid(name) for name in system.programs]
        _store(system, maker, range(_FILES))
        before = _feeds(system)
        assert system.process is not None
        code = system.stop(number)
        assert code == (0 if number is signal.SIGINT else -number)
        eventually_sync(lambda: not any(map(_lives, processes)))
    _continue(own_data, wishes, maker, before)


def _continue(data: Path, wishes: Wishes, maker: DicomMaker, before: list[list[Entry]]) -> None:
    with running(data, wishes) as system:
        assert _feeds(system) == before
        with system.client() as client:
            for serial in range(_FILES):
                dicom = maker.make(serial)
                assert client.get(f"/instances/{dicom.id}/file").content == dicom.body
        _store(system, maker, range(_FILES, 2 * _FILES))
        for old, new in zip(before, _feeds(system), strict=True):
            assert new[: len(old)] == old
            key = "Seq" if "Seq" in new[0] else "Sequence"
            assert [entry[key] for entry in new] == list(range(1, len(new) + 1))


def _store(system: Axial, maker: DicomMaker, serials: range) -> None:
    with system.client() as client:
        for serial in serials:
            answer = client.post("/instances", content=maker.make(serial).body)
            assert answer.json()["Status"] == "Success"


def _feeds(system: Axial) -> list[list[Entry]]:
    async def read() -> list[list[Entry]]:
        async with system.async_client() as client:
            changes = await all_changes(client, include_deleted=True)
            return [changes, await v1_entries(client), await v2_entries(client)]

    return asyncio.run(read())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
