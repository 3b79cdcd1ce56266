"""The newest entries come from memory, and say what the database would."""

import asyncio
import random

import pytest

from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.common.errors import Unavailable
from axial.common.identifiers import Level
from axial.common.postgres import Connection
from axial.common.testing.eventually import eventually
from axial.common.ticks import TICKS_PER_SECOND, Ticks

from .conftest import TAIL_ENTRIES, CountingDatabase

pytestmark = pytest.mark.integration

ALL = Filter()


async def through(entries: Entries, since: int, wanted: Filter, limit: int) -> list[int]:
    """Read to the end, as a reader does."""
    found: list[int] = []
    end = (await entries.caught_up()).change_sequence
    while since < end:
        page = await entries.after(since, wanted, limit)
        assert len(page.entries) <= limit
        assert page.scanned_through > since
        found += [entry.sequence for entry in page.entries]
        since = page.scanned_through
    return found


async def test_readers_at_the_end_cost_no_query(
    entries: Entries, database: CountingDatabase, writer: FeedWriter
) -> None:
    """A hundred readers are told of an entry by one read of the database."""
    await writer.store(Instance("1.1"))
    end = (await entries.caught_up()).change_sequence

    async def follow() -> list[str]:
        await entries.wait_beyond(end, 10)
        page = await entries.after(end, ALL, 10)
        return [entry.resource_id for entry in page.entries]

    readers = [asyncio.create_task(follow()) for _ in range(100)]
    database.reads = 0
    await writer.store(Instance("1.2"))
    told = await asyncio.gather(*readers)
    assert told == [[Instance("1.2").ids.instance]] * 100
    assert database.reads == 1
    assert await through(entries, end, ALL, 10) == [end + 1]
    assert database.reads == 1


async def test_memory_and_database_agree(
    entries: Entries, writer: FeedWriter, connection: Connection
) -> None:
    """From any position, by any filter and page, while rows are written, every entry is read once."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    filters = {
        "true": ALL,
        "level = 4": Filter(levels=frozenset({Level.INSTANCE})),
        "change_type = 4096": Filter(change_types=frozenset({ChangeType.DELETED})),
        "'MR' = ANY (modalities)": Filter(modalities=frozenset({"MR"})),
    }
    for turn in range(60):
        instance = Instance(
            f"1.{turn}", study=str(dice.randrange(4)), modality=dice.choice("CM") + "R"
        )
        await writer.store(instance)
        if dice.random() < 0.3:
            await writer.delete(dice.choice(list(writer.present.values())))
        condition = dice.choice(list(filters))
        since = max(writer.change_sequence - dice.randrange(3 * TAIL_ENTRIES), 0)
        expected = await connection.fetch(
            f"SELECT sequence FROM feed.changes WHERE sequence > $1 AND {condition} ORDER BY 1",  # noqa: S608
            since,
        )
        read = await through(entries, since, filters[condition], dice.randint(1, 9))
        assert read == [row["sequence"] for row in expected]


async def test_a_database_that_went_back_empties_the_memory(
    entries: Entries, writer: FeedWriter, connection: Connection
) -> None:
    """After another history took the place of the one in memory, the other one is told."""
    await writer.store(Instance("1.1"), Instance("1.2"))
    assert await through(entries, 0, ALL, 100) == [1, 2, 3, 4, 5]
    await connection.execute("ALTER TABLE feed.changes DISABLE TRIGGER immutable")
    await connection.execute("DELETE FROM feed.changes WHERE sequence = 5")
    await connection.execute("ALTER TABLE feed.instance_changes DISABLE TRIGGER immutable")
    await connection.execute("DELETE FROM feed.instance_changes WHERE sequence = 2")
    await connection.execute(
        "UPDATE feed.position SET log_sequence = 1, change_sequence = 4, instance_sequence = 1"
    )
    with pytest.raises(Unavailable):
        await asyncio.wait_for(_never_behind(entries), 2)
    await connection.execute("DELETE FROM feed.visible_changes WHERE sequence = 5")
    writer.change_sequence, writer.instance_sequence = 4, 1
    await writer.store(Instance("1.3"))
    await entries.caught_up()
    page = await entries.after(0, ALL, 100)
    assert [entry.resource_id for entry in page.entries][4:] == [Instance("1.3").ids.instance]


async def _never_behind(entries: Entries) -> None:
    """Read until the setback is noticed; what is read says by its position that it is behind."""
    while (await entries.after(0, ALL, 100)).high_water.change_sequence > 4:
        await entries.wait_beyond(10**6, 0.05)
    raise Unavailable


async def test_another_history_of_the_same_length_is_noticed(
    entries: Entries, writer: FeedWriter, connection: Connection
) -> None:
    """Even when nobody saw the position go back, the entries that follow show it."""
    await writer.store(Instance("1.1"))
    assert await through(entries, 0, ALL, 100) == [1, 2, 3, 4]
    await connection.execute("ALTER TABLE feed.changes DISABLE TRIGGER immutable")
    await connection.execute("UPDATE feed.changes SET resource_id = 'other' WHERE sequence = 4")
    await writer.store(Instance("1.2"))
    await entries.caught_up()
    page = await entries.after(0, ALL, 100)
    assert page.entries[3].resource_id == "other"


async def test_a_time_leads_to_a_position(entries: Entries, writer: FeedWriter) -> None:
    """Reading behind the position of a time begins with the first entry that is not before it."""
    assert await entries.at_time(FIRST_TICKS) == 0
    await writer.store(*(Instance(f"1.{n}") for n in range(30)))
    assert await entries.at_time(FIRST_TICKS) == 0
    assert await entries.at_time(Ticks(FIRST_TICKS + 1)) == 4
    for n in range(1, 30):
        assert await entries.at_time(Ticks(FIRST_TICKS + n * TICKS_PER_SECOND)) == n + 3
    assert await entries.at_time(Ticks(FIRST_TICKS + 10**6 * TICKS_PER_SECOND)) == 33


async def test_the_wait_ends_with_its_time(entries: Entries, writer: FeedWriter) -> None:
    """Nothing new is no error: the position that was seen is the answer."""
    await writer.store(Instance("1.1"))
    await eventually(lambda: _seen(entries), within=30)
    high_water = await asyncio.wait_for(entries.wait_beyond(4, 0.05), 2)
    assert high_water.change_sequence == 4


async def _seen(entries: Entries) -> bool:
    return (await entries.caught_up()).change_sequence == 4
