"""Sixteen clients upload while every process is killed in turn: what was acknowledged is there."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.evidence import assert_holds, assert_replays, read_history
from support.feeds import Entry, V1Reader
from support.killing import kill_and_wait, until_it_serves, until_more, victims
from support.sender import Sender
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_CLIENTS = 16
# Before each kill, so that it meets requests at every stage; after it, as proof of life.
_FILES_BETWEEN = 48


@pytest.fixture(params=[pytest.param("directory", marks=pytest.mark.long), "s3"])
def axial(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system to be hurt."""
    with running(own_data, Wishes(request.param)) as system:
        yield system


class Uploads:
    """Clients that upload without end; `acknowledged` is what they were promised."""

    def __init__(self, axial: Axial) -> None:
        self._axial = axial
        self._maker = DicomMaker()
        self._over = asyncio.Event()
        self.acknowledged: dict[str, Dicom] = {}

    async def run(self) -> None:
        """Upload until told to stop; every upload that was begun is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(_CLIENTS):
                group.create_task(self._client(number))

    def stop(self) -> None:
        """Begin no more uploads."""
        self._over.set()

    async def _client(self, number: int) -> None:
        async with self._axial.async_client() as client:
            sender = Sender(client)
            for serial in count(number, _CLIENTS):
                if self._over.is_set():
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


async def test_kill_anything(axial: Axial) -> None:
    """Every process behind the edge dies once under load; nothing acknowledged is lost or told twice."""
    uploads = Uploads(axial)
    async with axial.async_client() as client:
        follower = Follower(client)
        tasks = [asyncio.create_task(uploads.run()), asyncio.create_task(follower.run())]

        def fail_early() -> None:
            for task in tasks:
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
        await tasks[0]
        follower.stop()
        await tasks[1]

        await assert_holds(client, {id_: d.body for id_, d in uploads.acknowledged.items()})
        history = await read_history(client)
        names = sorted(d.names.sop_instance_uid for d in uploads.acknowledged.values())
        assert sorted(history.created) == names
        assert {entry["Action"] for entry in history.entries} == {"create"}
        assert _unstated(follower.entries) == _unstated(history.entries)
        await assert_replays(axial, client)

        # The replayed tables are the live ones: the history goes on where it was.
        last = DicomMaker().make(0)
        assert (await client.post("/instances", content=last.body)).json()["Status"] == "Success"
        assert len((await read_history(client)).entries) == len(history.entries) + 1


def _unstated(entries: list[Entry]) -> list[Entry]:
    """Entries without their state, the only part that may change after they were read."""
    return [{key: value for key, value in e.items() if key != "State"} for e in entries]
