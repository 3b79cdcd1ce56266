"""DICOM JSON: encoded once, kept within bounds, never in the way of the feed."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import zstandard
from prometheus_client import CollectorRegistry

from axial.changefeed.azure.metadata import DatasetKey, Metadata
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.rows import StoredHeader
from axial.common.blobs import BlobMissing
from axial.common.identifiers import ResourceId
from axial.common.testing.blobs import MemoryBlobStore

pytestmark = pytest.mark.unit

KEY = DatasetKey(ResourceId("i"), 1)


def header(raw: bytes, version: int = 1) -> StoredHeader:
    """Store a header in its row."""
    return StoredHeader(ResourceId("i"), version, zstandard.compress(raw), None)


class Encoder:
    """Counts what it encodes, and where."""

    def __init__(self) -> None:
        self.encoded: list[bytes] = []
        self.threads: set[int] = set()

    def __call__(self, raw: bytes) -> bytes:
        """Quote the bytes."""
        if raw == b"broken":
            raise ValueError(raw)
        self.encoded.append(raw)
        self.threads.add(threading.get_ident())
        return b'{"raw":"' + raw + b'"}'


@pytest.fixture
def encoder() -> Encoder:
    """Give an encoder."""
    return Encoder()


@pytest.fixture
def registry() -> CollectorRegistry:
    """Give a registry."""
    return CollectorRegistry()


@pytest.fixture
def blobs() -> MemoryBlobStore:
    """Give an empty blob store."""
    return MemoryBlobStore()


@pytest.fixture
def metadata(
    encoder: Encoder, registry: CollectorRegistry, blobs: MemoryBlobStore
) -> Iterator[Metadata]:
    """Give a cache of about two small data sets."""
    metadata = Metadata(blobs, encoder, ChangefeedMetrics(registry), 700)
    yield metadata
    metadata.close()


async def test_encoded_once_for_all(
    metadata: Metadata, encoder: Encoder, registry: CollectorRegistry
) -> None:
    """Many readers at once cost one encoding, off the event loop; the next costs none."""
    answers = await asyncio.gather(*(metadata.encoded([header(b"a")]) for _ in range(10)))
    assert answers == [{KEY: b'{"raw":"a"}'}] * 10
    assert encoder.encoded == [b"a"]
    assert threading.get_ident() not in encoder.threads
    assert metadata.remembered([KEY]) == {KEY: b'{"raw":"a"}'}
    assert registry.get_sample_value("axial_changefeed_metadata_cache_hits_total") == 1
    assert registry.get_sample_value("axial_changefeed_metadata_cache_misses_total") == 1


async def test_another_version_is_another_data_set(metadata: Metadata) -> None:
    """An update is never answered from the memory of what was before."""
    await metadata.encoded([header(b"a", 1)])
    assert metadata.remembered([DatasetKey(ResourceId("i"), 2)]) == {}


async def test_header_in_a_blob(metadata: Metadata, blobs: MemoryBlobStore) -> None:
    """A header too large for its row is read from the blob store."""
    await blobs.put("2026/header", zstandard.compress(b"large"))
    stored = StoredHeader(ResourceId("i"), 1, None, "2026/header")
    assert await metadata.encoded([stored]) == {KEY: b'{"raw":"large"}'}
    with pytest.raises(BlobMissing):
        await metadata.encoded([StoredHeader(ResourceId("i"), 2, None, "2026/gone")])


async def test_an_unreadable_header_does_not_stop_the_feed(
    metadata: Metadata, registry: CollectorRegistry
) -> None:
    """It is counted, and stands as empty bytes, which no entry shows."""
    assert await metadata.encoded([header(b"broken")]) == {KEY: b""}
    assert registry.get_sample_value("axial_changefeed_metadata_unreadable_total") == 1
