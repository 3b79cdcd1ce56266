"""The newest entries in memory: without a gap, and not more than fit."""

import pytest

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.tail import Tail
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.high_water import HighWater
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

CAPACITY = 100


def entry(sequence: int) -> FeedEntry:
    """Make an entry."""
    return FeedEntry(
        sequence,
        ChangeType.STABLE_PATIENT,
        Level.PATIENT,
        ResourceId("p"),
        Ticks(sequence),
        LogSequence(sequence),
        None,
        None,
        (),
        (),
        None,
    )


def high_water(sequence: int) -> HighWater:
    """Make the position behind an entry."""
    return HighWater(LogSequence(sequence), sequence, 0, Ticks(sequence), 0)


def held(tail: Tail, since: int) -> list[int]:
    """List what the tail gives."""
    assert tail.covers(since)
    return [entry.sequence for entry in tail.after(since)]


def test_before_anything_was_read_nothing_is_known() -> None:
    """An empty memory is not an empty feed."""
    assert not Tail(CAPACITY).covers(0)


def test_an_empty_feed_is_known_to_be_empty() -> None:
    """Behind the end there is nothing, and that is known."""
    tail = Tail(CAPACITY)
    tail.extend([], high_water(0))
    assert held(tail, 0) == []
    tail.extend([entry(1)], high_water(1))
    assert held(tail, 0) == [1]
    assert held(tail, 1) == []
    assert held(tail, 7) == []


def test_the_oldest_go() -> None:
    """However many come, at least the newest are here, and not many more."""
    tail = Tail(CAPACITY)
    tail.extend([], high_water(0))
    for sequence in range(1, 5001):
        tail.extend([entry(sequence)], high_water(sequence))
        assert tail.covers(max(sequence - CAPACITY, 0))
    assert held(tail, 4990) == list(range(4991, 5001))
    assert not tail.covers(3000)
    assert len(tail.after(5000 - CAPACITY)) == CAPACITY


def test_what_does_not_follow_replaces() -> None:
    """A gap is never bridged: only what lies behind it is known."""
    tail = Tail(CAPACITY)
    tail.extend([entry(1), entry(2)], high_water(2))
    tail.extend([entry(9), entry(10)], high_water(10))
    assert not tail.covers(1)
    assert held(tail, 8) == [9, 10]
    tail.clear()
    assert not tail.covers(10)
