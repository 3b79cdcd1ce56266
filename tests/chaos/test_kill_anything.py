"""Sixteen clients upload while every process is killed in turn: what was acknowledged is there."""

import asyncio
import os
import random
from collections.abc import Coroutine, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.evidence import assert_holds, assert_replays, read_history
from support.feeds import Entry, V1Reader, get_json
from support.killing import kill_and_wait, until_it_serves, until_more, victims
from support.logged import read_logged
from support.remover import BUSY, MOST_PATIENTS, Remover
from support.sender import Sender
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_CLIENTS = 16
# Before each kill, so that it meets requests at every stage; after it, as proof of life.
_FILES_BETWEEN = 48
# Of the busy one: a patient is complete after eight, and gone soon after.
_PER_SERIES = 2
_SEED = int(os.environ.get("AXIAL_CHAOS_SEED", "20261121"))


@pytest.fixture(params=["directory", "s3"])
def axial(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system to be hurt."""
    with running(own_data, Wishes(request.param)) as system:
        yield system


@pytest.fixture(params=[pytest.param("directory", marks=pytest.mark.long), "s3"])
def busy(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system that compresses what it keeps, recycles all the time, and deletes with grace."""
    with running(own_data, Wishes(request.param, BUSY)) as system:
        yield system


class Uploads:
    """Clients that upload without end; `acknowledged` is what they were promised."""

    def __init__(self, axial: Axial, maker: DicomMaker) -> None:
        self._axial = axial
        self._maker = maker
        self.over = asyncio.Event()
        self.acknowledged: dict[str, Dicom] = {}

    async def run(self) -> None:
        """Upload until told to stop; every upload that was begun is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(_CLIENTS):
                group.create_task(self._client(number))

    def stop(self) -> None:
        """Begin no more uploads."""
        self.over.set()

    async def _client(self, number: int) -> None:
        async with self._axial.async_client() as client:
            sender = Sender(client)
            for serial in count(number, _CLIENTS):
                if self.over.is_set():
                    return
                dicom = self._maker.make(serial)
                answer = await sender.send("POST", "/instances", dicom.body)
                assert answer.json["ID"] == dicom.id
                assert answer.json["Status"] in ("Success", "AlreadyStored", "Accepted")
                # The first attempt cannot find what nobody else sends.
                assert answer.attempts > 1 or answer.json["Status"] != "AlreadyStored"
                self.acknowledged[dicom.id] = dicom


class Follower:
    """A consumer of the change feed that polls through every outage."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._reader = V1Reader(client)
        self._over = asyncio.Event()
        self.entries: list[Entry] = []

    async def run(self) -> None:
        """Poll until told to stop, then to the end of the feed."""
        while True:
            over = self._over.is_set()
            try:
                page = await self._reader.poll()
            except (AssertionError, httpx2.TransportError):
                # The documented consumer polls again at its next interval.
                await asyncio.sleep(0.1)
                continue
            self.entries += page or []
            if page is None and over:
                return

    def stop(self) -> None:
        """Stop at the end of the feed."""
        self._over.set()


async def _kill_everything(
    axial: Axial, uploads: Uploads, client: httpx2.AsyncClient, *others: Coroutine[Any, Any, None]
) -> list[Entry]:
    """Kill every process behind the edge once, under load; return what a follower of the feed was told."""
    follower = Follower(client)
    uploading, following, *rest = [
        asyncio.create_task(work) for work in (uploads.run(), follower.run(), *others)
    ]

    def fail_early() -> None:
        for task in (uploading, following, *rest):
            if task.done():
                task.result()

    def acknowledged() -> int:
        return len(uploads.acknowledged)

    for name in victims(axial):
        await until_more(acknowledged, _FILES_BETWEEN, fail_early)
        await kill_and_wait(axial, [name])
        await until_it_serves(client)
    await until_more(acknowledged, _FILES_BETWEEN, fail_early)
    uploads.stop()
    await asyncio.gather(uploading, *rest)
    follower.stop()
    await following
    return follower.entries


@pytest.mark.long
async def test_kill_anything(axial: Axial) -> None:
    """Every process behind the edge dies once under load; nothing acknowledged is lost or told twice."""
    uploads = Uploads(axial, DicomMaker())
    async with axial.async_client() as client:
        followed = await _kill_everything(axial, uploads, client)
        await assert_holds(client, {id_: d.body for id_, d in uploads.acknowledged.items()})
        history = await read_history(client)
        names = sorted(d.names.sop_instance_uid for d in uploads.acknowledged.values())
        assert sorted(history.created) == names
        assert {entry["Action"] for entry in history.entries} == {"create"}
        assert _unstated(followed) == _unstated(history.entries)
        await assert_replays(axial, client)

        # The replayed tables are the live ones: the history goes on where it was.
        last = DicomMaker().make(0)
        assert (await client.post("/instances", content=last.body)).json()["Status"] == "Success"
        assert len((await read_history(client)).entries) == len(history.entries) + 1


async def test_kill_anything_busy(busy: Axial) -> None:
    """The same while patients are recycled, deleted, and brought back: what is there is what the log tells."""
    maker = DicomMaker(per_series=_PER_SERIES)
    uploads = Uploads(busy, maker)
    async with busy.async_client() as client:
        remover = Remover(Sender(client), random.Random(_SEED))  # noqa: S311
        followed = await _kill_everything(busy, uploads, client, remover.work(uploads.over))
        history, logged = await read_history(client), await read_logged(busy.nats_url)
        assert set(uploads.acknowledged) <= set(logged.names)
        remover.check(logged)
        assert _unstated(followed) == _unstated(history.entries)
        await logged.assert_holds(client, history)
        # It was as busy as it should be.
        patients = await get_json(client, "/patients")
        assert len(patients) <= MOST_PATIENTS < len(uploads.acknowledged) // 50
        totals = await get_json(client, "/statistics")
        assert int(totals["TotalDiskSize"]) < int(totals["TotalUncompressedSize"])
        await assert_replays(busy, client)


def _unstated(entries: list[Entry]) -> list[Entry]:
    """Entries without their state, the only part that may change after they were read."""
    return [{key: value for key, value in e.items() if key != "State"} for e in entries]
