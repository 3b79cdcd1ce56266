"""A page of a feed as it is sent, with what it hangs on: for how long it stays true."""

from dataclasses import dataclass

from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.stale_blocks import Feed, StaleBlocks


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows that a page was made of, those between them that it leaves out included."""

    feed: Feed
    first: int
    last: int
    #: Whether what is shown of them can become another. Of the whole history it cannot: rows never change.
    can_change: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """The body of an answer. Without `shown` it is true now, and must not be kept."""

    body: bytes
    #: How many rows it shows.
    rows: int
    #: The position it was read at.
    high_water: HighWater
    #: Whether rows that are written later can belong to it.
    grows: bool
    shown: Shown | None

    def is_true_at(self, high_water: HighWater, stale: StaleBlocks) -> bool:
        """Tell whether a read at a position would give the same bytes; `stale` reaches that position."""
        shown = self.shown
        if shown is None:
            return False
        if self.grows and _end(high_water, shown.feed) != _end(self.high_water, shown.feed):
            return False
        if not shown.can_change:
            return True
        if shown.feed is Feed.CHANGES and high_water.cleared_sequence >= shown.first:
            return False
        since = self.high_water.log_sequence
        return not stale.touched(shown.feed, shown.first, shown.last, since)


def _end(high_water: HighWater, feed: Feed) -> int:
    if feed is Feed.CHANGES:
        return high_water.change_sequence
    return high_water.instance_sequence
