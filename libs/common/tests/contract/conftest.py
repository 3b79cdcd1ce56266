"""The contracts of blobs are examined on every store; on both event loops: services run on uvloop, tools need not."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from axial.cli.engines.seaweedfs import S3Credentials
from axial.common.blobs import BlobStore, open_blob_store
from axial.common.testing.blobs import MemoryBlobStore

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Name the event loops of one test."""
    loops: dict[str, LoopFactory] = {"asyncio": asyncio.new_event_loop}
    if item.path.name.startswith("test_blobs"):
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture(params=["memory", "directory", "s3", "s3-prefix"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    """Open each store in turn; those of S3 share a bucket with all tests."""
    if request.param == "memory":
        yield MemoryBlobStore()
        return
    if request.param == "directory":
        async with open_blob_store((tmp_path / "made" / "on demand").as_uri()) as opened:
            yield opened
        return
    url: str = request.getfixturevalue("s3_url")
    credentials: S3Credentials = request.getfixturevalue("s3_credentials")
    if request.param == "s3-prefix":
        url = url.replace("?", f"/some/{uuid.uuid4().hex}?")
    async with open_blob_store(url, credentials.access_key, credentials.secret_key) as opened:
        yield opened


@pytest.fixture
def prefix() -> str:
    """Give the test a folder of its own, in which keys look as ingest's do."""
    return f"{uuid.uuid4().hex}/2026/11/20/2358"
