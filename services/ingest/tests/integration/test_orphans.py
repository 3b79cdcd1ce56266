"""Orphan blobs in both real stores: swept by age, when the index does not know them."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from axial.common.blobs import BlobStore
from axial.common.recorded import Recorded
from axial.common.testing.dicom_files import dicom_file
from axial.ingest.metrics import IngestMetrics
from axial.ingest.sweep import IndexClient, Sweeper

pytestmark = pytest.mark.integration


async def _stored(blobs: BlobStore) -> list[str]:
    return [blob.key async for blob in blobs.list() if blob.key[:1].isdigit()]


async def test_only_what_no_event_names_is_swept(
    client: httpx2.AsyncClient, blobs: BlobStore, recorded: list[Recorded]
) -> None:
    """Of a received instance and an orphan beside it only the orphan goes, and only after the grace."""
    await client.post("/instances", content=dicom_file())
    (received,) = await _stored(blobs)
    orphan = f"{received.rpartition('/')[0]}/{'0' * 32}.dcm"
    await blobs.put(orphan, b"an event never came")

    def answer(request: httpx2.Request) -> httpx2.Response:
        # The index's part: what the log names, it knows.
        named = {getattr(one.event, "blob_key", "") for one in recorded}
        keys = httpx2.Response(200, content=request.content).json()["keys"]
        return httpx2.Response(200, json={"unknown": [key for key in keys if key not in named]})

    now = datetime.now(UTC)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        sweeper = Sweeper(
            blobs,
            IndexClient(http, "http://index", SecretStr("")),
            timedelta(hours=1),
            lambda: now,
            IngestMetrics(CollectorRegistry()),
        )
        assert await sweeper.sweep() == 0
        now += timedelta(hours=1, minutes=2)
        assert await sweeper.sweep() == 1
    assert await _stored(blobs) == [received]
