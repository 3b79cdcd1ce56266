"""A backup of a system that works, put into an empty one: the same history, and it goes on."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import nats as nats_client
import pytest
from nats.js import api
from prometheus_client import CollectorRegistry
from support.dicoms import DicomMaker
from support.feeds import Entry, all_changes, feed_entries, get_json, v1_entries

from axial.cli.backup.backing_up import back_up
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.restoring import Wishes, restore
from axial.common.blobs import open_blob_store
from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.common.postgres import open_pool
from axial.common.testing.eventually import eventually
from axial.index.collect import Collector
from axial.index.metrics import IndexMetrics
from axial.index.projector import SEARCH_PATH
from axial.index.verification import verify

from .conftest import Engines, Services, serving

pytestmark = pytest.mark.integration

_CONSUMER = "/feed/consumers/viewer"
_DURABLE = "reader"
_FIRST = 12


class Crash(Exception):
    """What ends a restore in the middle."""


@dataclass(slots=True)
class Work:
    """Clients that store, annotate and delete until they are stopped."""

    services: Services
    maker: DicomMaker = field(default_factory=lambda: DicomMaker(per_series=4))
    over: asyncio.Event = field(default_factory=asyncio.Event)
    done: int = 0

    async def store(self, serial: int) -> str:
        """Store one instance."""
        dicom = self.maker.make(serial)
        answer = await self.services.ingest.post("/instances", content=dicom.body)
        assert answer.status_code == 200, answer.text
        return dicom.id

    async def run(self, number: int) -> None:
        """Store, and delete some that were stored shortly before."""
        kept: list[str] = []
        for serial in count(1000 * (number + 1)):
            if self.over.is_set():
                return
            kept.append(await self.store(serial))
            await self.services.ingest.put(f"/instances/{kept[-1]}/metadata/1024", content=b"x")
            if len(kept) > 2:
                gone = kept.pop(serial % len(kept))
                assert (await self.services.ingest.delete(f"/instances/{gone}")).status_code == 200
            self.done += 1


async def _collect(engines: Engines, over: asyncio.Event) -> None:
    """Collect garbage all the time, and not every few seconds."""
    async with (
        open_pool(engines.database_url, SEARCH_PATH) as pool,
        open_blob_store(engines.settings.blob_url) as blobs,
    ):
        collector = Collector(pool, blobs, IndexMetrics(CollectorRegistry()))
        while not over.is_set():
            await collector.collect()
            await asyncio.sleep(0)


async def _histories(services: Services) -> list[list[Entry]]:
    """Read all feeds as they are now; a file's state is what may change later."""
    changes = await all_changes(services.changefeed, include_deleted=True)
    entries = await feed_entries(services.changefeed)
    instances = [
        {name: value for name, value in entry.items() if name != "State"}
        for entry in await v1_entries(services.changefeed)
    ]
    return [changes, entries, instances]


async def _read_durable(engines: Engines, number: int) -> list[int]:
    """Take and acknowledge messages of FEED by a durable consumer; return their numbers."""
    client = await nats_client.connect(engines.nats_url)
    try:
        subscription = await client.jetstream().pull_subscribe(
            "",
            stream=engines.feed_stream,
            durable=_DURABLE,
            config=api.ConsumerConfig(ack_policy=api.AckPolicy.EXPLICIT),
        )
        messages = await subscription.fetch(number, 30)
        for message in messages:
            await message.ack_sync()
        return [message.metadata.sequence.stream for message in messages]
    finally:
        await client.close()


async def _consume(services: Services) -> Any:
    """Make a named consumer, and acknowledge the first half of what there is."""
    feed = services.changefeed
    assert (await feed.put(_CONSUMER, json={"Start": "earliest"})).status_code in (200, 201)
    page = (await feed.get(f"{_CONSUMER}/entries", params={"limit": 10})).json()
    acknowledged = {"Seq": page["Last"], "Generation": page["Generation"]}
    assert (await feed.post(f"{_CONSUMER}/ack", json=acknowledged)).status_code == 200
    return page["Last"]


def _crash_in(step: str) -> Callable[[str, int], None]:
    def progress(at: str, _count: int) -> None:
        if at == step:
            raise Crash

    return progress


def _nothing(_step: str, _count: int) -> None:
    pass


async def _back_up(engines: Engines, folder: BackupFolder) -> Any:
    return await back_up(engines.settings, folder, concurrency=4, progress=_nothing)


async def test_a_restored_system_goes_on(source: Engines, target: Engines, tmp_path: Path) -> None:
    """Taken under load, put back after a crash at each step: feeds, positions and bytes are those of before."""
    folder = BackupFolder(tmp_path / "backup")
    async with serving(source) as services:
        work = Work(services)
        for serial in range(_FIRST):
            await work.store(serial)
        acknowledged = await _consume(services)
        assert await _read_durable(source, 5) == [1, 2, 3, 4, 5]
        tasks = [asyncio.create_task(work.run(number)) for number in range(3)]
        tasks.append(asyncio.create_task(_collect(source, work.over)))
        await eventually(lambda: work.done > 6)
        first = await _back_up(source, folder)
        done = work.done
        await eventually(lambda: work.done > done + 6)
        manifest = await _back_up(source, folder)
        work.over.set()
        await asyncio.gather(*tasks)
        before = await _histories(services)
    assert manifest.log.last_sequence > first.log.last_sequence
    assert manifest.feed.last_sequence > first.feed.last_sequence

    for step in ("blobs", "database", "feed", "log"):
        with pytest.raises(Crash):
            await restore(target.settings, folder, Wishes(), _crash_in(step))
    await restore(target.settings, folder, Wishes(), _nothing)

    async with serving(target) as services:
        after = await _histories(services)
        for old, new in zip(before, after, strict=True):
            assert new
            assert json.dumps(new) == json.dumps(old[: len(new)])
        assert len(after[0]) >= manifest.feed.last_sequence
        consumer = await get_json(services.changefeed, _CONSUMER)
        assert consumer["Acknowledged"] == acknowledged
        assert await _read_durable(target, 3) == [6, 7, 8]
        async with (
            open_nats(target.nats_url, "test") as client,
            open_blob_store(target.settings.blob_url) as blobs,
        ):
            log = EventLog(client, target.log_stream, target.log_prefix)
            assert await log.end() >= manifest.log.last_sequence
            report = await verify(target.database_url, log, blobs)
        assert report.differences == {}
        assert report.instances >= _FIRST
        await Work(services).store(0)
        (change,) = [
            c
            for c in (await _histories(services))[0][len(after[0]) :]
            if c["ChangeType"] == "NewInstance"
        ]
        assert change["Seq"] > len(after[0])
