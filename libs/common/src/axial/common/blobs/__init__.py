"""Blob storage: one port, with a directory or S3 behind it."""

from axial.common.blobs.opening import open_blob_store
from axial.common.blobs.port import (
    BlobDamaged,
    BlobExists,
    BlobInfo,
    BlobPlace,
    BlobReader,
    BlobStore,
    Body,
    check_key,
    check_range,
)
from axial.common.blobs.ranges import StoredRanges
from axial.common.blobs.stored import StoredBlob, open_stored, read_stored
from axial.common.errors import BlobMissing, StorageFull, StorageUnavailable

__all__ = [
    "BlobDamaged",
    "BlobExists",
    "BlobInfo",
    "BlobMissing",
    "BlobPlace",
    "BlobReader",
    "BlobStore",
    "Body",
    "StorageFull",
    "StorageUnavailable",
    "StoredBlob",
    "StoredRanges",
    "check_key",
    "check_range",
    "open_blob_store",
    "open_stored",
    "read_stored",
]
