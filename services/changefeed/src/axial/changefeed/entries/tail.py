"""The newest entries, in memory: whoever reads at the end of the feed costs no query."""

from collections.abc import Sequence

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.reading.high_water import HighWater

# The oldest entries are dropped together, so that the list is moved once in so many.
_DROPPED_TOGETHER = 512


class Tail:
    """Entries without a gap up to a position. Bounded: the oldest go first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        #: The position that the entries reach; None before anything was read.
        self.high_water: HighWater | None = None
        self._entries: list[FeedEntry] = []

    @property
    def newest(self) -> FeedEntry | None:
        """The last entry held."""
        return self._entries[-1] if self._entries else None

    def covers(self, since: int) -> bool:
        """Tell whether every entry behind `since` is here."""
        if self.high_water is None:
            return False
        first = self._entries[0].sequence if self._entries else self.high_water.change_sequence + 1
        return since >= first - 1

    def after(self, since: int) -> Sequence[FeedEntry]:
        """Return the entries behind `since`, which must be covered."""
        if not self._entries:
            return ()
        return self._entries[max(since + 1 - self._entries[0].sequence, 0) :]

    def extend(self, entries: Sequence[FeedEntry], high_water: HighWater) -> None:
        """Take what follows; what does not follow takes the place of all that is here."""
        newest = self.newest
        if entries and (newest is None or entries[0].sequence != newest.sequence + 1):
            self._entries = []
        self._entries += entries
        self.high_water = high_water
        if len(self._entries) >= self.capacity + _DROPPED_TOGETHER:
            del self._entries[: -self.capacity]

    def clear(self) -> None:
        """Forget everything: the database is not the one that this was read from."""
        self._entries = []
        self.high_water = None
