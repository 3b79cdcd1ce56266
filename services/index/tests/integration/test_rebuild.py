"""The projection can be thrown away: the log makes the same one again, row for row."""

import asyncio

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.event_log import EventLog
from axial.common.events import Event, ResourceDeletionRequested
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received
from axial.index.rebuild import LogEndedEarly, rebuild

pytestmark = pytest.mark.integration


def history() -> list[Event]:
    """Tell of new, repeated, overwritten and deleted instances."""
    uploads = [
        instance_received(study=str(study), series=f"{study}.{series}", instance=f"{study}.{n}")
        for study in range(3)
        for series in range(2)
        for n in range(series * 5, series * 5 + 5)
    ]
    gone = resource_ids("P", "1", "1.0", "1.0").study
    return [
        *uploads,
        uploads[0],
        instance_received(
            study="0", series="0.0", instance="0.0", content="new", overwrite="always"
        ),
        ResourceDeletionRequested(level=Level.STUDY, resource_id=gone),
        instance_received(study="1", series="1.0", instance="1.0", content="back"),
    ]


async def test_a_rebuild_is_identical_and_takes_the_live_place(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Sequence numbers and timestamps included; the projector goes on from there by itself."""
    async with projecting(index_url, log, nats):
        await append(log, *history())
        await caught_up(index_url, log)
        before = await rows(index_url, "SELECT 'feed.changes'::regclass::oid AS table")
        comparison = await rebuild(index_url, log, swap=True)
        assert comparison.differences == {}
        assert comparison.events == len(history())
        assert comparison.rows["instance_changes"] == 30 + 1 + 10 + 1
        assert comparison.swapped
        after = await rows(index_url, "SELECT 'feed.changes'::regclass::oid AS table")
        assert before != after
        await append(log, instance_received(instance="after"))
        await caught_up(index_url, log)
    assert await rows(index_url, "SELECT FROM instances WHERE sop_instance_uid = 'after'")
    assert not await rows(index_url, "SELECT FROM pg_namespace WHERE nspname ~ 'rebuild|before'")


async def test_a_rebuild_while_events_arrive_loses_none(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """The live projector is held for the swap only, and then folds on into the new tables."""
    uploads = [instance_received(instance=str(n)) for n in range(300)]
    async with projecting(index_url, log, nats):
        writing = asyncio.create_task(append(log, *uploads))
        swaps = [await rebuild(index_url, log, swap=True) for _ in range(3)]
        await writing
        await caught_up(index_url, log)
    assert all(not swap.differences for swap in swaps)
    sequences = await rows(index_url, "SELECT sequence FROM instance_changes ORDER BY sequence")
    assert [row["sequence"] for row in sequences] == list(range(1, 301))


async def test_a_difference_is_found_and_nothing_is_swapped(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A row that was tampered with shows, by table."""
    async with projecting(index_url, log, nats):
        await append(log, *history())
        await caught_up(index_url, log)
    await rows(index_url, "UPDATE instances SET md5 = 'tampered' WHERE sop_instance_uid = '2.3'")
    comparison = await rebuild(index_url, log, swap=True)
    assert comparison.differences == {"instances": 2}
    assert not comparison.swapped
    assert (await rebuild(index_url, log, swap=True, swap_when_different=True)).swapped
    assert (await rebuild(index_url, log, swap=False)).differences == {}


async def test_a_row_too_few_and_a_row_too_many_are_found(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A row that only one side has counts once, whichever side it is."""
    async with projecting(index_url, log, nats):
        await append(log, *history())
        await caught_up(index_url, log)
    (oldest,) = await rows(index_url, "SELECT min(sequence) FROM visible_changes")
    await rows(index_url, "DELETE FROM visible_changes WHERE sequence = $1", oldest[0])
    await rows(index_url, "INSERT INTO stale_blocks (feed, block, log_sequence) VALUES (2, 99, 1)")
    comparison = await rebuild(index_url, log, swap=False)
    assert comparison.differences == {"visible_changes": 1, "stale_blocks": 1}


async def test_another_log_is_refused(
    index_url: str, log: EventLog, nats: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is shorter than the projection cannot have made it."""
    async with projecting(index_url, log, nats):
        await append(log, instance_received())
        await caught_up(index_url, log)
    await rows(index_url, "UPDATE position SET log_sequence = 5")
    monkeypatch.setattr("axial.index.rebuild._PATIENCE_SECONDS", 1.0)
    with pytest.raises(LogEndedEarly):
        await rebuild(index_url, log, swap=True)
