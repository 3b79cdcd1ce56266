"""What a consumer has before it is found once, and found anew only when it may be something else."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

import pytest

from axial.changefeed.consumers.batches import next_batch
from axial.changefeed.consumers.model import Consumer
from axial.changefeed.consumers.outlook import Outlooks
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.reader import Entries, EntryPage
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.projection import Projection
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

_MR = Filter(modalities=frozenset({"MR"}))


@dataclass
class FewEntries:
    """A feed in memory that looks at three entries in one read, and counts its reads."""

    modalities: Sequence[str]
    reads: int = 0

    async def after(self, since: int, wanted: Filter, limit: int) -> EntryPage:
        """Read on."""
        self.reads += 1
        through = min(since + 3, len(self.modalities))
        found = [e for e in map(self.entry, range(since + 1, through + 1)) if wanted.matches(e)]
        if len(found) >= limit:
            found = found[:limit]
            through = found[-1].sequence
        return EntryPage(tuple(found), max(through, since), self.high_water)

    def entry(self, sequence: int) -> FeedEntry:
        """Make up an entry."""
        return FeedEntry(
            sequence, ChangeType.NEW_SERIES, Level.SERIES, ResourceId("x"), Ticks(sequence),
            LogSequence(sequence), None, None, (self.modalities[sequence - 1],), (), None,
        )  # fmt: skip

    @property
    def high_water(self) -> HighWater:
        """The end of the feed."""
        end = len(self.modalities)
        return HighWater(LogSequence(end), end, 0, Ticks(end), 0)


@dataclass
class Setbacks:
    """A projection of which only its setbacks are known."""

    setbacks: int = 0


@dataclass
class Bench:
    """Outlooks on a feed in memory."""

    feed: FewEntries
    projection: Setbacks = field(default_factory=Setbacks)

    def __post_init__(self) -> None:
        self.outlooks = Outlooks(cast(Entries, self.feed), cast(Projection, self.projection))

    async def look(self, consumer: Consumer) -> tuple[int | None, int, int]:
        """Return the oldest entry, how far the way to it is clear, and what looking cost."""
        before = self.feed.reads
        outlook = await self.outlooks.of(consumer)
        oldest = outlook.oldest.sequence if outlook.oldest else None
        return oldest, outlook.clear_through, self.feed.reads - before


@pytest.fixture
def mr() -> Consumer:
    """Want MR only, from the beginning."""
    return Consumer("mr", _MR, 1, 0, datetime(2026, 11, 21, tzinfo=UTC))


async def test_found_once(mr: Consumer) -> None:
    """Whoever stands still is not searched for again, whatever comes behind."""
    bench = Bench(FewEntries(["CT", "CT", "MR", "CT"]))
    assert await bench.look(mr) == (3, 2, 1)
    bench.feed.modalities = ["CT", "CT", "MR", "CT", "MR", "MR"]
    assert await bench.look(mr) == (3, 2, 0)
    assert await bench.look(mr.at(2)) == (3, 2, 0)


async def test_the_next_is_searched_for_behind_the_last(mr: Consumer) -> None:
    """What was searched once is not searched again when the position moves."""
    bench = Bench(FewEntries(["MR", *["CT"] * 9, "MR"]))
    assert await bench.look(mr) == (1, 0, 1)
    assert await bench.look(mr.at(1)) == (11, 10, 4)
    assert await bench.look(mr.at(11)) == (None, 11, 1)
    bench.feed.modalities = [*bench.feed.modalities, "CT", "CT"]
    # From the end, though the position is where it was.
    assert await bench.look(mr.at(11)) == (None, 13, 1)


async def test_a_skipped_entry_is_not_the_oldest(mr: Consumer) -> None:
    """What is left out makes nobody late."""
    bench = Bench(FewEntries(["MR", "CT", "MR"]))
    assert await bench.look(mr) == (1, 0, 1)
    assert await bench.look(replace(mr, skipped=frozenset({1}))) == (3, 2, 2)


async def test_another_generation_is_another_question(mr: Consumer) -> None:
    """After a rewind, or with another filter, nothing that was found counts."""
    bench = Bench(FewEntries(["MR", "CT", "MR"]))
    assert (await bench.look(mr.at(1)))[:2] == (3, 2)
    assert (await bench.look(replace(mr, generation=2)))[:2] == (1, 0)
    everything = replace(mr, generation=3, filter=Filter(), acknowledged=1)
    assert (await bench.look(everything))[:2] == (2, 1)


async def test_a_restored_database_is_looked_at_anew(mr: Consumer) -> None:
    """The numbers behind a backup are given again, to other entries: none may be passed over."""
    bench = Bench(FewEntries(["CT"] * 9))
    assert await bench.look(mr) == (None, 9, 3)
    bench.feed.modalities = ["CT", "CT", "MR", "CT"]
    bench.projection.setbacks += 1
    assert (await bench.look(mr))[:2] == (3, 2)


async def test_a_forgotten_consumer(mr: Consumer) -> None:
    """Only who is there is remembered."""
    bench = Bench(FewEntries(["MR"]))
    await bench.look(mr)
    bench.outlooks.keep_only(set())
    assert (await bench.look(mr))[2] == 1


async def test_a_batch_is_filled_from_several_reads(mr: Consumer) -> None:
    """A batch ends when it is full, or the feed ends; what is left out does not count."""
    feed = FewEntries(["MR", "CT", "CT", "CT", "MR", "MR", "MR", "CT"])
    consumer = replace(mr, skipped=frozenset({5}))
    full = await next_batch(cast(Entries, feed), consumer, 2)
    assert ([e.sequence for e in full.entries], full.last, full.done) == ([1, 6], 6, False)
    rest = await next_batch(cast(Entries, feed), consumer.at(6), 2)
    assert ([e.sequence for e in rest.entries], rest.last, rest.done) == ([7], 8, True)
