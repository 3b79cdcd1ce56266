"""The pages that are read: by feed, place and what is asked."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from benchmarks.feed_rows import FeedShape, Stretch, moment_of

_CHANGES_LIMIT = 100
# The longest that each version takes.
_V1_LIMIT = 100
_V2_LIMIT = 200
# The large offset of version 2, in entries; a smaller feed is asked for its middle.
_LARGE_OFFSET = 1_000_000
# Enough for many lines of pages that nobody has asked for before.
_MOST_PAGES = 20_000
# Rows from which a page still counts as one at the beginning.
_BEGINNING_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Pages:
    """One line of the table: pages alike, no two the same."""

    name: str
    paths: tuple[str, ...]
    #: How many rows each of them has.
    rows: int

    @property
    def metadata(self) -> bool:
        """Whether each row has the DICOM JSON of its instance."""
        return self.name.endswith("metadata")


def changes_pages(highest: int, hidden: Stretch, newest: Stretch) -> Iterator[Pages]:
    """Make Orthanc's pages, for a log that ends at `highest`."""

    def page(since: int) -> str:
        return f"/changes?since={since}&limit={_CHANGES_LIMIT}"

    def third(number: int, first: int, last: int) -> Sequence[int]:
        # Each kind has a third of the numbers for itself: what one has read is not cold for another.
        return range(first + (number - first) % 3, last, 3)

    last_full = newest.through - _CHANGES_LIMIT
    beginning = third(0, 0, min(_BEGINNING_ROWS, last_full))
    yield _pages("changes, beginning", beginning, page, _CHANGES_LIMIT)
    yield _pages("changes, anywhere", third(1, 0, last_full), page, _CHANGES_LIMIT)
    end = third(2, newest.after, last_full)
    yield _pages("changes, end", end, page, _CHANGES_LIMIT)
    yield Pages("changes, nothing new", (page(highest),), 0)
    if hidden.rows:
        run = third(2, hidden.after, hidden.through)
        yield _pages("changes, deleted run", run, page, _CHANGES_LIMIT)


def azure_pages(shape: FeedShape) -> Iterator[Pages]:
    """Make Azure's pages; those with metadata are of entries that have some, and no two share any."""
    last = shape.early_entries.through - _V2_LIMIT
    large = min(_LARGE_OFFSET, shape.early_entries.rows // 2)
    # Encoding happens once an instance, so pages that are to be cold must not overlap.
    described = range(shape.with_metadata.after, shape.with_metadata.through, _V2_LIMIT)
    by_offset = [first for first in described if first >= large]

    def v1(first: int) -> str:
        return f"/v1/changefeed?{urlencode({'offset': first, 'limit': _V1_LIMIT})}"

    def v2_window(first: int) -> str:
        return _v2(first, first + _V2_LIMIT, offset=0)

    def v2_offset(first: int) -> str:
        return _v2(0, shape.early_entries.through, offset=first)

    def bare(make: Callable[[int], str]) -> Callable[[int], str]:
        return lambda first: make(first) + "&includeMetadata=false"

    yield _pages("v1", range(last), bare(v1), _V1_LIMIT)
    yield _pages("v2, window", range(last), bare(v2_window), _V2_LIMIT)
    yield _pages("v2, large offset", range(large, last), bare(v2_offset), _V2_LIMIT)
    yield _pages("v1, metadata", described[0::3], v1, _V1_LIMIT)
    yield _pages("v2, window, metadata", described[1::3], v2_window, _V2_LIMIT)
    yield _pages("v2, large offset, metadata", by_offset[2::3], v2_offset, _V2_LIMIT)
    yield Pages("latest", ("/v2/changefeed/latest?includeMetadata=false",), 1)


def _pages(name: str, firsts: Sequence[int], make: Callable[[int], str], rows: int) -> Pages:
    picked = random.Random(name).sample(firsts, min(len(firsts), _MOST_PAGES))  # noqa: S311 - positions
    return Pages(name, tuple(map(make, picked)), rows)


def _v2(after: int, through: int, *, offset: int) -> str:
    """Ask for the time in which the entries with a sequence in `(after, through]` were given."""
    window = {"startTime": _iso(moment_of(after + 1)), "endTime": _iso(moment_of(through + 1))}
    return f"/v2/changefeed?{urlencode({**window, 'offset': offset, 'limit': _V2_LIMIT})}"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
