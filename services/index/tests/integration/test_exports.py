"""The log of exports in the real database, made from the real log."""

from pathlib import Path

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.blobs import open_blob_store
from axial.common.event_log import EventLog
from axial.common.events import ExportsCleared, ResourceDeletionRequested, ResourceExported
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received
from axial.index.rebuild import rebuild
from axial.index.verification import verify

pytestmark = pytest.mark.integration

IDS = resource_ids("P", "1", "1.1", "1.1.1")


def exported(level: Level) -> ResourceExported:
    """Tell that a resource was sent to somebody."""
    return ResourceExported(level=level, resource_id=IDS.at(level), remote_modality="pacs")


async def test_exports_outlive_batches_resources_and_rebuilds(
    index_url: str, log: EventLog, nats: Client, tmp_path: Path
) -> None:
    """Numbers go on across batches, a clearing and a deletion; the rebuild makes the same rows in one batch."""
    batches = (
        [instance_received(), exported(Level.PATIENT)],
        [exported(Level.INSTANCE), ExportsCleared(), exported(Level.STUDY)],
        [exported(Level.SERIES)],
        [ExportsCleared()],
        [exported(Level.INSTANCE), ResourceDeletionRequested(resource_id=IDS.study)],
        [exported(Level.STUDY), instance_received(content="again")],
        [exported(Level.STUDY)],
    )
    async with projecting(index_url, log, nats):
        for batch in batches:
            await append(log, *batch)
            await caught_up(index_url, log)
        found = await rows(
            index_url,
            "SELECT sequence, level, patient_id, sop_instance_uid FROM exports ORDER BY sequence",
        )
        assert [tuple(row) for row in found] == [(5, 4, "P", "1.1.1"), (6, 2, "P", "")]
        comparison = await rebuild(index_url, log, swap=False)
    assert comparison.differences == {}
    assert (comparison.rows["exports"], comparison.rows["exports_position"]) == (2, 1)
    async with open_blob_store(f"file://{tmp_path}/blobs", "", "") as blobs:
        assert "exports_numbering" not in (await verify(index_url, log, blobs)).differences
        await rows(index_url, "DELETE FROM exports WHERE sequence = 5")
        assert (await verify(index_url, log, blobs)).differences["exports_numbering"] == 2
