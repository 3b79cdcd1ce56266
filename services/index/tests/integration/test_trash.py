"""The trash over the real database: as the simplest archive would have it, wherever batches begin."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.projecting import append, caught_up, projecting, rows
from support.trash import SimpleArchive, histories

from axial.common import postgres
from axial.common.event_log import EventLog
from axial.common.events import (
    AttachmentWriteRequested,
    BlobFoundDamaged,
    Event,
    InstanceReceived,
    ResourceDeletionRequested,
    TrashRestoreRequested,
)
from axial.common.identifiers import Level
from axial.common.postgres import Connection, Statements, open_pool
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import TICKS_PER_SECOND
from axial.index.emptying import Emptying
from axial.index.metrics import TrashMetrics
from axial.index.projector import SEARCH_PATH, BatchWriter
from axial.index.rebuild import _COMPARED, rebuild
from axial.index.verification import _CHECKS

pytestmark = pytest.mark.integration


class _Undo(Exception):
    """End a transaction without a trace."""


class _Found:
    """What a history has left in the tables."""

    def __init__(self) -> None:
        self.decisions: list[str] = []
        self.tables: dict[str, list[tuple[Any, ...]]] = {}
        #: What the queries below have found, by their names.
        self.seen: dict[str, set[Any]] = {}
        #: Rows of `axial verify`, by check.
        self.differences: dict[str, int] = {}

    async def read(self, connection: Connection) -> None:
        """Read every table that a rebuild compares."""
        for schema, table, key in (*_COMPARED, ("index", "garbage", "blob_key")):
            rows = await connection.fetch(f"SELECT * FROM {schema}.{table} ORDER BY {key}")  # noqa: S608
            self.tables[table] = [tuple(row) for row in rows]

    async def check(self, connection: Connection) -> None:
        """Check all of them as `axial verify` does, and ask what the model knows too."""
        statements = Statements("axial.index.sql")
        for check in _CHECKS:
            query = f"SELECT count(*) FROM ({statements['verify_' + check]}) AS difference"  # noqa: S608
            if count := await connection.fetchval(query):
                self.differences[check] = count
        for name, query in _SEEN.items():
            self.seen[name] = {tuple(row) for row in await connection.fetch(query)}


# What the model knows too.
_SEEN = {
    "instances": "SELECT id, blob_key, header_blob_key FROM instances",
    "headers": "SELECT instance_id, header_blob_key FROM datasets WHERE header IS NULL",
    "resources": "SELECT id FROM resources",
    "metadata": "SELECT resource_id, number, value FROM metadata",
    "attachments": "SELECT resource_id, number, blob_key FROM attachments",
    "labels": "SELECT resource_id, label FROM labels",
    "protection": "SELECT id FROM resources WHERE is_protected",
    "trash": "SELECT deletion, blob_key FROM trash_instances"
    " UNION ALL SELECT deletion, header_blob_key FROM trash_instances WHERE header_blob_key IS NOT NULL"
    " UNION ALL SELECT deletion, blob_key FROM trash_attachments",
    "garbage": "SELECT blob_key FROM garbage",
}


async def _project(
    connection: Connection, events: Sequence[Event], lengths: Sequence[int], *, checks: bool = True
) -> _Found:
    """Fold a history in batches of these lengths, the last one for ever; tell what is there then."""
    found = _Found()
    with suppress(_Undo):
        async with connection.transaction():
            writer = await BatchWriter.open(connection)
            start = 0
            cuts = [*lengths]
            while start < len(events):
                length = cuts.pop(0) if cuts else 7
                batch = [
                    recorded(event, number, number * TICKS_PER_SECOND)
                    for number, event in enumerate(events[start : start + length], start + 1)
                ]
                found.decisions += [outcome.decision for outcome in await writer.project(batch)]
                start += length
            await found.read(connection)
            if checks:
                await found.check(connection)
            raise _Undo
    return found


def _agrees(found: _Found, simple: SimpleArchive, events: Sequence[Event]) -> None:
    """Prove that all is where the model has it, and that no blob is lost or in two places."""
    present = simple.present
    assert {row[0] for row in found.seen["instances"]} == present.instances.keys()
    instances = {row[0]: {key for key in row[1:] if key} for row in found.seen["instances"]}
    assert instances == {name: set(file.blobs) for name, (_, file) in present.instances.items()}
    headers = {
        (name, file.blobs[1])
        for name, (_, file) in present.instances.items()
        if len(file.blobs) > 1
    }
    assert found.seen["headers"] == headers
    assert {row[0] for row in found.seen["resources"]} == present.resources()
    assert found.seen["metadata"] == {(*key, value) for key, value in present.metadata.items()}
    assert found.seen["attachments"] == {
        (*key, file.blobs[0]) for key, file in present.attached.items()
    }
    assert found.seen["labels"] == present.labels
    assert {row[0] for row in found.seen["protection"]} == present.protected
    trash = {(deletion, blob) for deletion, (_, it) in simple.trash.items() for blob in it.blobs()}
    assert found.seen["trash"] == trash
    assert {row[0] for row in found.tables["trash"]} == simple.trash.keys()
    garbage = {row[0] for row in found.seen["garbage"]}
    assert garbage == simple.garbage
    assert found.tables["totals"][0][-1] == present.size
    places = [*present.blobs(), *(blob for _, blob in trash), *garbage]
    assert len(places) == len(set(places))
    assert set(places) == {
        key
        for event in events
        if isinstance(event, InstanceReceived | AttachmentWriteRequested)
        for key in (event.blob_key, getattr(event, "header_blob_key", None))
        if key
    }


@pytest.mark.parametrize("examples", [20, pytest.param(600, marks=pytest.mark.long)])
def test_what_is_deleted_with_grace_can_come_back(index_url: str, examples: int) -> None:
    """Whatever happens meanwhile, resources, what hangs on them and blobs are where the model has them, in any batches.

    The tables are as a rebuild makes them again, row for row, and as `axial verify` wants them, both feeds included.
    """

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(histories(), st.lists(st.integers(1, 12), max_size=12))
    def agree(events: Sequence[Event], lengths: Sequence[int]) -> None:
        simple = SimpleArchive()
        expected = [simple.apply(event) for event in events]

        async def both() -> None:
            connection = await postgres.connect(index_url, SEARCH_PATH, projecting=True)
            try:
                found = await _project(connection, events, lengths)
                assert found.decisions == expected
                _agrees(found, simple, events)
                assert found.differences == {}
                one_by_one = await _project(connection, events, [1] * len(events), checks=False)
                assert one_by_one.tables == found.tables
            finally:
                await connection.close()

        asyncio.run(both())

    agree()


async def test_the_time_that_is_over_is_told_once_for_the_whole_cluster(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Three replicas watch; one deletion goes, the other stays, and a rebuild makes both again from the log."""
    first, second = instance_received(), instance_received(patient="Q", instance="1.1.2")
    soon, late = (
        ResourceDeletionRequested(
            level=Level.INSTANCE,
            resource_id=event.resource_ids().instance,
            grace_seconds=grace_seconds,
        )
        for event, grace_seconds in ((first, 1), (second, 3600))
    )
    await append(log, first, second, soon, late)
    async with (
        projecting(index_url, log, nats) as metrics,
        open_pool(index_url, SEARCH_PATH) as pool,
    ):
        await caught_up(index_url, log)
        figures = TrashMetrics(CollectorRegistry())
        replicas = [Emptying(pool, log, figures) for _ in range(3)]

        async def is_told() -> bool:
            await asyncio.gather(*(replica.notice() for replica in replicas))
            return await log.end() > 4

        await eventually(is_told)
        await caught_up(index_url, log)
        assert await log.end() == 5
        assert metrics.events.labels("trash.emptied", "removed")._value.get() == 1  # noqa: SLF001
        assert await replicas[0].notice() == 0
    left = await rows(index_url, "SELECT blob_key FROM garbage")
    assert [row["blob_key"] for row in left] == [first.blob_key]
    kept = await rows(index_url, "SELECT deletion FROM trash")
    assert [row["deletion"] for row in kept] == [4]
    assert figures.deletions._value.get() == 1  # noqa: SLF001
    assert figures.size._value.get() == second.size_bytes  # noqa: SLF001
    comparison = await rebuild(index_url, log, swap=False)
    assert comparison.differences == {}
    assert comparison.rows["trash_datasets"] == 1


async def test_damage_in_the_trash_is_forgotten(index_url: str) -> None:
    """What nobody reads is no damage; of what came back, the scrub has to tell again."""
    event = instance_received()
    found = BlobFoundDamaged(
        level=Level.INSTANCE,
        resource_id=event.resource_ids().instance,
        number=1,
        blob_key=event.blob_key,
        damage="missing",
    )
    deletion = ResourceDeletionRequested(
        level=Level.PATIENT, resource_id=event.resource_ids().patient, grace_seconds=9
    )
    history = [event, found, deletion, found, TrashRestoreRequested(deletion=3), found]
    connection = await postgres.connect(index_url, SEARCH_PATH, projecting=True)
    try:
        result = await _project(connection, history, [len(history)])
    finally:
        await connection.close()
    assert result.decisions == ["stored", "noted", "deleted", "outdated", "restored", "noted"]
    assert result.differences == {}
