"""Blob storage: one port, with a directory or S3 behind it."""

from axial.common.blobs.opening import open_blob_store
from axial.common.blobs.port import (
    BlobDamaged,
    BlobExists,
    BlobInfo,
    BlobReader,
    BlobStore,
    Body,
    check_key,
    check_range,
)
from axial.common.errors import BlobMissing, StorageFull, StorageUnavailable

__all__ = [
    "BlobDamaged",
    "BlobExists",
    "BlobInfo",
    "BlobMissing",
    "BlobReader",
    "BlobStore",
    "Body",
    "StorageFull",
    "StorageUnavailable",
    "check_key",
    "check_range",
    "open_blob_store",
]
