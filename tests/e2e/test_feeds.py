"""Readers of the feeds beside many writers: each event once, in order (azure-changefeed.md, A40 and A41)."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.feeds import (
    Entry,
    V1Reader,
    all_changes,
    last_change,
    last_sequence,
    times,
    v2_entries,
)
from support.system import Axial
from support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_WRITERS = 50
_FILES_A_WRITER = 6
# A25's delete entries come among the creates: each writer deletes its last file again.
_EVENTS = _WRITERS * (_FILES_A_WRITER + 1)

# Short, so that a run has many windows; the documents say an hour.
_WINDOW = timedelta(milliseconds=200)


class Writers:
    """Fifty clients that store at the same time; `done` when the last has its last answer."""

    def __init__(self, axial: Axial) -> None:
        self._axial = axial
        self._maker = DicomMaker()
        self.done = asyncio.Event()
        self.stored: list[Dicom] = []
        self.deleted: list[Dicom] = []

    async def run(self) -> None:
        """Store everything."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(_WRITERS):
                    group.create_task(self._write(number))
        finally:
            self.done.set()

    async def _write(self, number: int) -> None:
        async with self._axial.async_client() as client:
            for serial in range(number * _FILES_A_WRITER, (number + 1) * _FILES_A_WRITER):
                dicom = self._maker.make(serial)
                answer = await client.post("/instances", content=dicom.body)
                assert answer.json()["Status"] == "Success", answer.text
                self.stored.append(dicom)
            assert (await client.delete(f"/instances/{dicom.id}")).status_code == 200
            self.deleted.append(dicom)


def _expect_all(writers: Writers, entries: list[Entry], offset: int) -> None:
    """Check that the entries are those of the writers: each once, numbered without a gap."""
    assert [e["Sequence"] for e in entries] == list(range(offset + 1, offset + 1 + _EVENTS))
    created = [e["SopInstanceUid"] for e in entries if e["Action"] == "create"]
    deleted = [e["SopInstanceUid"] for e in entries if e["Action"] == "delete"]
    assert sorted(created) == sorted(dicom.names.sop_instance_uid for dicom in writers.stored)
    assert sorted(deleted) == sorted(dicom.names.sop_instance_uid for dicom in writers.deleted)
    assert times(entries) == sorted(times(entries))


async def test_a40_a_reader_of_version_1(axial: Axial, client: httpx2.AsyncClient) -> None:
    """A reader that follows the documented algorithm sees what fifty writers store, while they do."""
    offset = await last_sequence(client)
    writers = Writers(axial)
    writing = asyncio.create_task(writers.run())
    reader = V1Reader(client, offset)
    entries: list[Entry] = []
    while True:
        # Asked before the poll: an empty poll after the last answer is the end.
        over = writers.done.is_set()
        page = await reader.poll()
        entries += page or []
        if page is None and over:
            break
    await writing
    _expect_all(writers, entries, offset)


async def test_a41_a_reader_of_windows(axial: Axial, client: httpx2.AsyncClient) -> None:
    """Consecutive closed windows of version 2 hold every event once, whatever is written meanwhile."""
    offset = await last_sequence(client)
    start = datetime.now(UTC)
    writers = Writers(axial)
    writing = asyncio.create_task(writers.run())
    entries: list[Entry] = []
    while True:
        over = writers.done.is_set()
        end = start + _WINDOW
        # The clock is the log's own: when it has passed the end, the window can get no more.
        await until(partial(_has_passed, end))
        entries += await v2_entries(client, _spell(start), _spell(end))
        start = end
        if over:
            break
    await writing
    # The writers may have ended within the last window but one.
    entries += await v2_entries(client, _spell(start))
    _expect_all(writers, entries, offset)


async def test_a_reader_of_changes(axial: Axial, client: httpx2.AsyncClient) -> None:
    """A reader of Orthanc's `/changes` that goes on from `Last` misses nothing either."""
    since = await last_change(client)
    writers = Writers(axial)
    writing = asyncio.create_task(writers.run())
    changes: list[Entry] = []
    over = False
    while not over:
        over = writers.done.is_set()
        changes += await all_changes(
            client, changes[-1]["Seq"] if changes else since, include_deleted=True
        )
    await writing
    assert [c["Seq"] for c in changes] == list(range(since + 1, since + 1 + len(changes)))
    of_instances = [c for c in changes if c["ResourceType"] == "Instance"]
    new = [c["ID"] for c in of_instances if c["ChangeType"] == "NewInstance"]
    gone = [c["ID"] for c in of_instances if c["ChangeType"] == "Deleted"]
    assert sorted(new) == sorted(dicom.id for dicom in writers.stored)
    assert sorted(gone) == sorted(dicom.id for dicom in writers.deleted)


async def _has_passed(moment: datetime) -> bool:
    return datetime.now(UTC) > moment


def _spell(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
