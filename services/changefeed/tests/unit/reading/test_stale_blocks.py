"""Which rows are shown otherwise since when."""

import pytest

from axial.changefeed.reading.stale_blocks import Feed, StaleBlocks
from axial.common.recorded import LogSequence

pytestmark = pytest.mark.unit

CHANGES, INSTANCES = Feed.CHANGES, Feed.INSTANCE_CHANGES


@pytest.fixture
def stale() -> StaleBlocks:
    """Know of blocks 1 and 7 of the changes, and of block 0 of the others."""
    stale = StaleBlocks()
    stale.learn(LogSequence(40), [(1, 1, 30), (1, 7, 20), (2, 0, 40)])
    return stale


@pytest.mark.parametrize(
    ("feed", "first", "last", "since", "touched"),
    [
        (CHANGES, 1024, 1024, 29, True),
        (CHANGES, 1024, 1024, 30, False),
        (CHANGES, 1, 1023, 0, False),
        (CHANGES, 1, 1024, 0, True),
        (CHANGES, 2047, 2047, 0, True),
        (CHANGES, 2048, 7167, 0, False),
        (CHANGES, 2048, 7168, 0, True),
        (CHANGES, 2048, 2**62, 19, True),
        (CHANGES, 2048, 2**62, 20, False),
        (CHANGES, 2048, 1000, 0, False),
        (INSTANCES, 5, 5, 39, True),
        (INSTANCES, 1024, 2047, 0, False),
    ],
)
def test_touched(
    stale: StaleBlocks, feed: Feed, first: int, last: int, since: int, *, touched: bool
) -> None:
    """A block of 1,024 rows is the unit; only marks by later events count."""
    assert stale.touched(feed, first, last, LogSequence(since)) is touched


def test_newer_marks_take_the_place_of_older(stale: StaleBlocks) -> None:
    """A block is marked once, with the newest event."""
    stale.learn(LogSequence(50), [(1, 7, 50)])
    assert stale.touched(CHANGES, 7168, 7168, LogSequence(49))
    assert stale.through == 50


def test_forgetting_begins_another_era(stale: StaleBlocks) -> None:
    """What was kept before is recognised; nothing is known any more."""
    era = stale.era
    stale.forget()
    assert stale.era != era
    assert stale.through == 0
    assert not stale.touched(CHANGES, 1024, 1024, LogSequence(0))
