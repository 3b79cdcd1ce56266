"""The projector against the real log and the real database: once, in order, by one writer."""

import asyncio
import time
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.projecting import append, caught_up, projecting, rows

from axial.common import postgres
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import ResourceDeletionRequested
from axial.common.identifiers import Level, resource_ids
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.recorded import LogSequence
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received, recorded
from axial.common.upcasters import UnknownEvent
from axial.index.metrics import IndexMetrics
from axial.index.projector import PACE_SECONDS, SEARCH_PATH, BatchWriter, LogTooShort, Projector
from axial.index.write import Fenced

pytestmark = pytest.mark.integration


async def test_what_is_appended_is_projected(index_url: str, log: EventLog, nats: Client) -> None:
    """Resources, both feeds and the sums come from the same commit."""
    await append(log, instance_received(), instance_received(instance="1.1.2"), instance_received())
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    levels = await rows(index_url, "SELECT level FROM resources ORDER BY created_sequence")
    assert [row["level"] for row in levels] == [4, 3, 2, 1, 4]
    changes = await rows(index_url, "SELECT sequence FROM changes ORDER BY sequence")
    assert [row["sequence"] for row in changes] == [1, 2, 3, 4, 5]
    azure = await rows(index_url, "SELECT sequence, ticks FROM instance_changes ORDER BY sequence")
    assert [row["sequence"] for row in azure] == [1, 2]
    (totals,) = await rows(index_url, "SELECT instances, size_bytes FROM totals")
    assert (totals["instances"], totals["size_bytes"]) == (2, 2 * len("first"))
    (garbage,) = await rows(index_url, "SELECT log_sequence FROM garbage")
    assert garbage["log_sequence"] == 3


async def test_whoever_waits_is_answered_after_the_commit(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Read your own writes: with the outcome in hand, the row is there."""
    inbox = OutcomeInbox(nats)
    await inbox.open()
    async with projecting(index_url, log, nats):
        envelope = new_envelope("axial/test")
        with inbox.expect(envelope.id) as pending:
            await log.append(instance_received(), envelope, pending.reply_to)
            outcome = await pending.wait(10)
        assert outcome is not None
        assert outcome.decision == "stored"
        assert await rows(index_url, "SELECT FROM instances")


async def test_what_nobody_waits_for_is_paced(index_url: str, log: EventLog, nats: Client) -> None:
    """However quick a sender is, its instances do not cost a commit each: commits keep their distance."""
    async with projecting(index_url, log, nats) as metrics:
        await eventually(lambda: metrics.leader._value.get() == 1)  # noqa: SLF001
        started = time.monotonic()
        for number in range(20):
            await append(log, instance_received(instance=f"1.1.{number}"))
            await caught_up(index_url, log)
        seconds = time.monotonic() - started
        (batches,) = metrics.batch_size.collect()
    told = {sample.name.rpartition("_")[2]: sample.value for sample in batches.samples}
    assert told["sum"] == 20
    # The first need not wait for anything.
    assert told["count"] <= seconds / PACE_SECONDS + 1


async def test_a_deletion_removes_what_is_in_the_database(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A study's family is loaded from Postgres, not only from the batch at hand."""
    async with projecting(index_url, log, nats):
        await append(log, instance_received(), instance_received(series="1.2", instance="1.2.1"))
        await caught_up(index_url, log)
        study = resource_ids("P", "1", "1.1", "1.1.1").study
        await append(log, ResourceDeletionRequested(level=Level.STUDY, resource_id=study))
        await caught_up(index_url, log)
    for table in ("resources", "instances", "datasets"):
        assert not await rows(index_url, f"SELECT FROM {table}")
    assert len(await rows(index_url, "SELECT FROM garbage")) == 2
    actions = await rows(index_url, "SELECT action FROM instance_changes ORDER BY sequence")
    assert [row["action"] for row in actions] == [0, 0, 1, 1]


async def test_a_series_completes_across_batches(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Who has which place in the series is loaded, not remembered."""
    async with projecting(index_url, log, nats):
        for number in ("1", "1", "2", "3"):
            await append(
                log,
                instance_received(instance=f"n{number}", number=number, CardiacNumberOfImages="3"),
            )
            await caught_up(index_url, log)
        await append(
            log,
            instance_received(instance="n2", number="1", content="moved", overwrite="always"),
        )
        await caught_up(index_url, log)
    told = await rows(index_url, "SELECT sequence FROM changes WHERE change_type = 1")
    assert len(told) == 1
    (series,) = await rows(
        index_url, "SELECT distinct_indexes, child_count FROM resources WHERE level = 3"
    )
    assert (series["distinct_indexes"], series["child_count"]) == (2, 3)


async def test_overwriting_keeps_one_row(index_url: str, log: EventLog, nats: Client) -> None:
    """New bytes take the old ones' place, in the database as in the fold."""
    async with projecting(index_url, log, nats):
        await append(log, instance_received())
        await caught_up(index_url, log)
        newer = instance_received(content="newer", overwrite="always")
        await append(log, newer)
        await caught_up(index_url, log)
    (instance,) = await rows(index_url, "SELECT md5, version FROM instances")
    assert (instance["md5"], instance["version"]) == (newer.md5, 2)
    (dataset,) = await rows(index_url, "SELECT version FROM datasets")
    assert dataset["version"] == 2
    assert len(await rows(index_url, "SELECT FROM garbage")) == 1


async def test_a_second_replica_takes_over(index_url: str, log: EventLog, nats: Client) -> None:
    """The follower goes on exactly where the leader died."""
    async with projecting(index_url, log, nats) as first:
        await eventually(lambda: first.leader._value.get() == 1)  # noqa: SLF001
        async with projecting(index_url, log, nats) as second:
            await append(log, *(instance_received(instance=f"1.1.{n}") for n in range(50)))
            await caught_up(index_url, log)
            assert second.leader._value.get() == 0  # noqa: SLF001
            # The leader loses its connection, as when its host vanishes: its lock goes with it.
            await rows(
                index_url,
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()",
            )
            await append(log, *(instance_received(instance=f"1.1.{n}") for n in range(50, 100)))
            await caught_up(index_url, log)
            await eventually(
                lambda: first.leader._value.get() + second.leader._value.get() == 1  # noqa: SLF001
            )
    sequences = await rows(index_url, "SELECT sequence FROM instance_changes ORDER BY sequence")
    assert [row["sequence"] for row in sequences] == list(range(1, 101))


async def test_a_projector_that_was_overtaken_is_fenced(index_url: str) -> None:
    """Two that both believe to lead can never both commit."""
    one = await postgres.connect(index_url, SEARCH_PATH)
    other = await postgres.connect(index_url, SEARCH_PATH)
    try:
        batch = [recorded(instance_received(), 1)]
        writers = [await BatchWriter.open(one), await BatchWriter.open(other)]
        results = await asyncio.gather(
            *(writer.project(batch) for writer in writers), return_exceptions=True
        )
        assert sum(isinstance(result, Fenced) for result in results) == 1
        for writer in (*writers, await BatchWriter.open(one)):
            with pytest.raises(Fenced):
                await writer.project(batch)
    finally:
        await one.close()
        await other.close()
    assert len(await rows(index_url, "SELECT FROM instance_changes")) == 1


@pytest.mark.parametrize("table", ["changes", "instance_changes"])
@pytest.mark.parametrize(
    "attempt",
    ["UPDATE {} SET ticks = 0", "DELETE FROM {}", "TRUNCATE {}"],
    ids=lambda text: text[:6],
)
async def test_history_cannot_be_rewritten(index_url: str, table: str, attempt: str) -> None:
    """Append-only is not a promise in prose: the database refuses."""
    connection = await postgres.connect(index_url, SEARCH_PATH)
    try:
        await (await BatchWriter.open(connection)).project([recorded(instance_received(), 1)])
        with pytest.raises(asyncpg.RaiseError, match="never changed or removed"):
            await connection.execute(attempt.format(table))
    finally:
        await connection.close()


async def test_the_log_is_read_without_a_gap_from_anywhere(log: EventLog) -> None:
    """A reader hands over each event once, in order, whatever the size of its batches."""
    await append(log, *(instance_received(instance=str(n)) for n in range(1200)))
    async with log.read(LogSequence(100)) as reader:
        seen: list[int] = []
        while len(seen) < 1100:
            seen += [event.sequence for event in await reader.next_batch(77, 10)]
    assert seen == list(range(101, 1201))


async def test_appending_twice_is_one_event(log: EventLog) -> None:
    """A retry whose first attempt got through after all changes nothing."""
    envelope = new_envelope("axial/test")
    first = await log.append(instance_received(), envelope)
    assert await log.append(instance_received(), envelope) == first == await log.end()


async def test_an_event_of_the_future_stops_the_projector(index_url: str, nats: Client) -> None:
    """An older release that leads folds what it knows, and ends at what it does not, instead of going past it."""
    name = f"TEST_{uuid.uuid4().hex}"
    log = EventLog(nats, name, name.lower())
    await log.ensure()
    await append(log, instance_received())
    headers = {
        "ce-id": uuid.uuid4().hex,
        "ce-source": "axial/test",
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-type": "instance.received",
        "ce-dataversion": "99",
    }
    await nats.jetstream().publish(f"{name.lower()}.instance.received", b"{}", headers=headers)
    await append(log, instance_received(instance="1.1.2"))
    projector = Projector(index_url, log, nats, IndexMetrics(CollectorRegistry()))
    with pytest.raises(UnknownEvent, match=r"instance\.received v99"):
        await asyncio.wait_for(projector.run(), 30)
    (position,) = await rows(index_url, "SELECT log_sequence FROM position")
    assert position["log_sequence"] == 1
    assert len(await rows(index_url, "SELECT FROM instances")) == 1
    await nats.jetstream().delete_stream(name)


async def test_a_log_that_is_too_short_is_not_followed(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A log that was lost, or restored without the index: its next events would be taken for known ones."""
    await append(log, instance_received(), instance_received(instance="1.1.2"))
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    name = f"TEST_{uuid.uuid4().hex}"
    shorter = EventLog(nats, name, name.lower())
    await shorter.ensure()
    await append(shorter, instance_received())
    projector = Projector(index_url, shorter, nats, IndexMetrics(CollectorRegistry()))
    with pytest.raises(LogTooShort, match="stands at event 2, and the log ends with 1"):
        await asyncio.wait_for(projector.run(), 30)
    await nats.jetstream().delete_stream(name)
