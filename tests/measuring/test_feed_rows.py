"""What the benchmark of the feeds reads is what the fold would have written."""

from collections.abc import Iterator, Mapping

import pytest
from benchmarks.feed_rows import INSTANCES_A_PATIENT, FeedShape, fill, moment_of

from axial.common.events import Event, InstanceReceived, ResourceDeletionRequested
from axial.common.identifiers import Level
from axial.common.migrate import migrate
from axial.common.postgres import connect
from axial.common.testing.facts import instance_received, recorded
from axial.index.app import SCHEMAS
from axial.index.projector import BatchWriter

pytestmark = pytest.mark.integration

_SHAPE = FeedShape(early=5, late=1, deleted=2, described=1, first_described=0)
_BATCH_EVENTS = 500
# Names of resources are random digits in the filled feeds, and Orthanc's in the folded ones: they are mapped.
_COLUMNS = {
    "position": "log_sequence, change_sequence, instance_sequence, ticks, cleared_sequence",
    "changes": "sequence, change_type, level, ticks, log_sequence, previous_sequence, instance_sequence,"
    " study_instance_uid, modalities, aets",
    "instance_changes": "sequence, action, study_instance_uid, series_instance_uid, sop_instance_uid, ticks,"
    " change_sequence, log_sequence",
    "visible_changes": "sequence",
    "stale_blocks": "feed, block, log_sequence",
}


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schemas that the test's database has."""
    return SCHEMAS


async def test_the_filled_feeds_are_those_of_the_fold(database_url: str) -> None:
    """Sequences, times, references, hidden rows and stale blocks agree, row for row."""
    filled = await connect(database_url, "feed")
    folding = await connect(database_url, "index_folded, feed_folded", projecting=True)
    try:
        await fill(filled, _SHAPE)
        for schema in ("index", "feed"):
            await migrate(folding, f"{schema}_folded", f"axial.index.migrations.{schema}")
        writer = await BatchWriter.open(folding)
        history = [
            recorded(event, number, int(moment_of(number).timestamp() * 1000) * 10_000)
            for number, event in enumerate(events(_SHAPE), start=1)
        ]
        for first in range(0, len(history), _BATCH_EVENTS):
            await writer.project(history[first : first + _BATCH_EVENTS])
        for table, columns in _COLUMNS.items():
            different = await filled.fetch(
                f"(SELECT {columns} FROM feed.{table} EXCEPT ALL SELECT {columns} FROM feed_folded.{table})"  # noqa: S608 - names from above
                f" UNION ALL (SELECT {columns} FROM feed_folded.{table} EXCEPT ALL SELECT {columns} FROM feed.{table})"
            )
            assert [tuple(row) for row in different[:3]] == [], table
        for table, key in (("changes", "resource_id"), ("instance_changes", "instance_id")):
            names = await filled.fetchrow(
                f"SELECT count(DISTINCT a.{key}) AS filled, count(DISTINCT b.{key}) AS folded,"  # noqa: S608 - names from above
                f" count(DISTINCT (a.{key}, b.{key})) AS pairs"
                f" FROM feed.{table} AS a JOIN feed_folded.{table} AS b USING (sequence)"
            )
            assert names is not None
            assert names["filled"] == names["folded"] == names["pairs"]
    finally:
        await filled.close()
        await folding.close()


def events(shape: FeedShape) -> Iterator[Event]:
    """Tell the history that the shape is the arithmetic of."""
    for number in range(shape.early * INSTANCES_A_PATIENT):
        yield stored(number)
    for patient in range(shape.first_deleted, shape.first_deleted + shape.deleted):
        ids = stored(patient * INSTANCES_A_PATIENT).resource_ids()
        yield ResourceDeletionRequested(level=Level.PATIENT, resource_id=ids.patient)
    first = shape.early * INSTANCES_A_PATIENT
    for number in range(first, first + shape.late * INSTANCES_A_PATIENT):
        yield stored(number)


def stored(number: int) -> InstanceReceived:
    """Tell of the instance with this number."""
    return instance_received(
        patient=f"P{number // 400}",
        study=f"2.25.1{number // 200:030}",
        series=f"2.25.2{number // 100:030}",
        instance=f"2.25.3{number:030}",
    )
