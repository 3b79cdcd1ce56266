"""The DICOM JSON of instances, encoded once and kept as bytes."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog
import zstandard

from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.byte_cache import ByteCache
from axial.changefeed.reading.rows import StoredHeader
from axial.common.blobs import BlobStore
from axial.common.identifiers import ResourceId

log = structlog.get_logger(__name__)


class DatasetKey(NamedTuple):
    """A data set for ever: another content is another version."""

    instance_id: ResourceId
    #: The sequence of the entry that brought it.
    version: int


class Metadata:
    """Encodes data sets off the event loop, each once even when many ask, and remembers the bytes.

    One thread, so that encoding never takes more than one processor from the reads that need none.
    """

    def __init__(
        self,
        blobs: BlobStore,
        encode: Callable[[bytes], bytes],
        metrics: ChangefeedMetrics,
        capacity_bytes: int,
    ) -> None:
        self._blobs = blobs
        self._encode = encode
        self._metrics = metrics
        self._cache: ByteCache[DatasetKey, bytes] = ByteCache(capacity_bytes)
        self._encoding: dict[DatasetKey, asyncio.Task[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dicom-json")

    def close(self) -> None:
        """Let go of the thread; what it has not begun is dropped."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def remembered(self, keys: Iterable[DatasetKey]) -> dict[DatasetKey, bytes]:
        """Return what is in memory already; an unreadable data set is empty bytes."""
        found = {key: value for key in keys if (value := self._cache.get(key)) is not None}
        self._metrics.metadata_hits.inc(len(found))
        return found

    async def encoded(self, headers: Iterable[StoredHeader]) -> Mapping[DatasetKey, bytes]:
        """Encode stored headers; raise BlobMissing or StorageUnavailable when a blob cannot be had."""
        wanted = {DatasetKey(header.instance_id, header.version): header for header in headers}
        tasks = [self._shared(key, header) for key, header in wanted.items()]
        # Waited for one after the other: they run anyway, and the first error is enough.
        return {key: await asyncio.shield(task) for key, task in zip(wanted, tasks, strict=True)}

    def _shared(self, key: DatasetKey, header: StoredHeader) -> asyncio.Task[bytes]:
        task = self._encoding.get(key)
        if task is None:
            task = asyncio.create_task(self._encode_once(key, header))
            self._encoding[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return task

    def _finished(self, key: DatasetKey, task: asyncio.Task[bytes]) -> None:
        self._encoding.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            self._cache.put(key, task.result(), len(task.result()))
            self._metrics.metadata_cache_size.set(self._cache.size_bytes)

    async def _encode_once(self, key: DatasetKey, header: StoredHeader) -> bytes:
        self._metrics.metadata_misses.inc()
        compressed = header.header
        if compressed is None:
            assert header.header_blob_key is not None, "a header is in its row or in a blob"
            compressed = await self._blobs.read(header.header_blob_key)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._read, compressed)
        except Exception as error:
            # One unreadable data set must not stop the feed.
            self._metrics.metadata_unreadable.inc()
            log.error("metadata_unreadable", exc_info=error, sequence=key.version)  # noqa: TRY400
            return b""

    def _read(self, compressed: bytes) -> bytes:
        return self._encode(zstandard.ZstdDecompressor().decompressobj().decompress(compressed))
