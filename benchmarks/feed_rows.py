"""Fill schema `feed` with a history as the fold would have written it, by arithmetic instead of events.

Patients of 2 studies of 2 series of 100 CT instances, stored one event an instance; then some of the patients from
the middle are deleted, one event a patient; then the last patients are stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import zstandard
from support.dicoms import SMALL_PIXELS, DicomMaker

from axial.common.header import read_header
from axial.common.postgres import Connection, Statements
from benchmarks.uploads import PER_SERIES

INSTANCES_A_PATIENT = 400
CHANGES_A_PATIENT = 407
# As in ticks_of.sql.
_FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_TIME_AN_EVENT = timedelta(milliseconds=50)

_FUNCTIONS = ("resource_id", "uid", "ticks_of", "created_before")
# Filling two million rows takes a minute; this only bounds a server that hangs.
_LIMIT_SECONDS = 600.0
_DATASETS_AT_ONCE = 2000
# Ingest's own level.
_ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of sequences, the first exclusive."""

    after: int
    through: int

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.through - self.after


@dataclass(frozen=True, slots=True)
class FeedShape:
    """How large the feeds are and where what lies in them; numbers of patients."""

    #: Stored before the deletions, and after them.
    early: int
    late: int
    #: Of the early ones, deleted: from the middle on.
    deleted: int
    #: Of the early ones, with the headers that metadata is made of.
    described: int
    first_described: int

    @property
    def events(self) -> int:
        """The length of the log."""
        return (self.early + self.late) * INSTANCES_A_PATIENT + self.deleted

    @property
    def changes(self) -> int:
        """Rows of Orthanc's view, hidden ones among them."""
        return (self.early + self.late + self.deleted) * CHANGES_A_PATIENT

    @property
    def entries(self) -> int:
        """Rows of Azure's view."""
        return (self.early + self.late + self.deleted) * INSTANCES_A_PATIENT

    @property
    def first_deleted(self) -> int:
        """The number of the first patient that is deleted later."""
        return (self.early - self.deleted) // 2

    @property
    def hidden(self) -> Stretch:
        """The longest run of changes that are hidden since what they tell of is gone."""
        after = self.first_deleted * CHANGES_A_PATIENT
        return Stretch(after, after + self.deleted * CHANGES_A_PATIENT)

    @property
    def newest(self) -> Stretch:
        """The changes behind the last hidden one."""
        return Stretch(self.changes - self.late * CHANGES_A_PATIENT, self.changes)

    @property
    def with_metadata(self) -> Stretch:
        """The entries whose metadata is there."""
        after = self.first_described * INSTANCES_A_PATIENT
        return Stretch(after, after + self.described * INSTANCES_A_PATIENT)

    @property
    def early_entries(self) -> Stretch:
        """The entries of the early patients, an event each."""
        return Stretch(0, self.early * INSTANCES_A_PATIENT)


def moment_of(event: int) -> datetime:
    """Tell when an event was recorded; the entries of the early patients have the numbers of their events."""
    return _FIRST_MOMENT + event * _TIME_AN_EVENT


#: Two million rows, of which two runs of two hundred thousand are hidden.
LARGE = FeedShape(early=4404, late=11, deleted=500, described=100, first_described=2500)
#: As many rows as Orthanc's log has in the same run.
SMALL = FeedShape(early=6, late=1, deleted=0, described=6, first_described=0)


async def fill(connection: Connection, shape: FeedShape) -> None:
    """Write the rows into an empty schema `feed`, and leave it as autovacuum would."""
    statements = Statements("benchmarks.sql")

    async def run(name: str, *arguments: int) -> None:
        await connection.execute(statements[name], *arguments, timeout=_LIMIT_SECONDS)

    for name in _FUNCTIONS:
        await run(name)
    early = (0, shape.early, 0, 0, 0)
    after_early = (
        shape.early * INSTANCES_A_PATIENT,
        shape.early * CHANGES_A_PATIENT,
        shape.early * INSTANCES_A_PATIENT,
    )
    deletion = (shape.first_deleted, shape.deleted, *after_early)
    late = (
        shape.early,
        shape.late,
        after_early[0] + shape.deleted,
        after_early[1] + shape.deleted * CHANGES_A_PATIENT,
        after_early[2] + shape.deleted * INSTANCES_A_PATIENT,
    )
    for verb, numbers in (("store", early), ("delete", deletion), ("store", late)):
        await run(f"{verb}_changes", *numbers)
        await run(f"{verb}_entries", *numbers)
    await run("show_changes", shape.hidden.after, shape.hidden.through)
    await run("stale_blocks", *deletion[:3])
    for numbers_, headers in _headers(shape):
        versions = [number + 1 for number in numbers_]
        await connection.execute(
            statements["store_datasets"], numbers_, versions, headers, timeout=_LIMIT_SECONDS
        )
    await run("set_position", shape.events, shape.changes, shape.entries)
    await connection.execute("VACUUM (ANALYZE)", timeout=_LIMIT_SECONDS)
    await connection.execute("CHECKPOINT", timeout=_LIMIT_SECONDS)


def _headers(shape: FeedShape) -> Iterator[tuple[list[int], list[bytes]]]:
    """Make real headers, compressed as ingest does it, in parts."""
    maker = DicomMaker(SMALL_PIXELS, run=0, per_series=PER_SERIES)
    compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
    described = range(shape.with_metadata.after, shape.with_metadata.through)
    for start in range(0, len(described), _DATASETS_AT_ONCE):
        numbers = list(described[start : start + _DATASETS_AT_ONCE])
        yield (
            numbers,
            [compressor.compress(read_header(maker.make(number).body).raw) for number in numbers],
        )
