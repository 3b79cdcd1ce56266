"""Which rows are shown otherwise than they were: what kept pages must not outlive.

Rows never change, but how they are shown does: a change is hidden when its resource goes, an entry's State
becomes another with the next entry of its instance. The projector marks the block of each such row with the
event that did it (`feed.stale_blocks`), in the transaction that does it.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import TypeAlias

from axial.common.recorded import LogSequence

#: A block is 1,024 rows that follow one another: `sequence >> 10` (`0001_feed.sql`).
_BLOCK_BITS = 10

#: Feed, block, and the newest event that changed how a row in it is shown.
Mark: TypeAlias = tuple[int, int, int]


class Feed(IntEnum):
    """The two numberings, as `feed.stale_blocks` tells them apart."""

    CHANGES = 1
    INSTANCE_CHANGES = 2


class StaleBlocks:
    """The marks up to a position of the log, in memory: few, since only deletions and updates make them."""

    def __init__(self) -> None:
        #: Raised whenever all that was known is in doubt.
        self.era = 0
        #: Every mark by an event up to here is known; 0: none.
        self.through = LogSequence(0)
        self._marks: dict[Feed, dict[int, int]] = {feed: {} for feed in Feed}
        self._newest = dict.fromkeys(Feed, 0)

    def forget(self) -> None:
        """Start over, as with another database: what was kept before is not to be trusted."""
        self.era += 1
        self.through = LogSequence(0)
        for feed in Feed:
            self._marks[feed].clear()
            self._newest[feed] = 0

    def learn(self, through: LogSequence, marks: Iterable[Mark]) -> None:
        """Take in the marks between the position known so far and a later one."""
        for feed_number, block, log_sequence in marks:
            feed = Feed(feed_number)
            self._marks[feed][block] = log_sequence
            self._newest[feed] = max(self._newest[feed], log_sequence)
        self.through = through

    def touched(self, feed: Feed, first: int, last: int, since: LogSequence) -> bool:
        """Tell whether a row in `[first, last]` may be shown otherwise since an event of the log."""
        if self._newest[feed] <= since:
            return False
        marks = self._marks[feed]
        low, high = first >> _BLOCK_BITS, last >> _BLOCK_BITS
        if high - low < len(marks):
            return any(marks.get(block, 0) > since for block in range(low, high + 1))
        return any(mark > since for block, mark in marks.items() if low <= block <= high)
