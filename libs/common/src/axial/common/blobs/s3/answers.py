"""What an S3 server's answers mean to the port."""

import re

from axial.common.blobs.port import BlobDamaged
from axial.common.errors import AxialError, BlobMissing, StorageFull, StorageUnavailable

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,100})</Code>")

# Amazon S3 is never full; these are what others say (MinIO, Ceph, and HTTP's own 507).
_FULL_CODES = {
    "InsufficientStorage",
    "XMinioStorageFull",
    "QuotaExceeded",
    "QuotaExceededException",
}
_INSUFFICIENT_STORAGE = 507
_NOT_FOUND = 404

# What the same request may be spared a moment later; beside every 5xx. 409 is another conditional
# write of the same key that has not ended.
_TRANSIENT_STATUSES = {408, 409, 429}
_SERVER_ERRORS = range(500, 600)

# Too few bytes came, or too late, and the server answered 400.
_TRANSIENT_CODES = {"IncompleteBody", "RequestTimeout"}


class StorageRefused(StorageUnavailable):
    """The blob storage refuses the request, and would refuse it again."""


def code_of(body: bytes) -> str:
    """Find the error code in the XML of an answer; empty when there is none."""
    found = _CODE.search(body)
    return found[1].decode() if found else ""


def error_of(status: int, code: str) -> AxialError:
    """Say what went wrong with a request that was answered so."""
    if status == _NOT_FOUND and code != "NoSuchBucket":
        return BlobMissing()
    if status == _INSUFFICIENT_STORAGE or code in _FULL_CODES:
        return StorageFull()
    if code == "BadDigest":
        return BlobDamaged()
    message = f"the blob storage answered {status} {code}".rstrip()
    if status in _TRANSIENT_STATUSES or status in _SERVER_ERRORS or code in _TRANSIENT_CODES:
        return StorageUnavailable(message)
    return StorageRefused(message)
