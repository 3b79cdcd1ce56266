"""Blobs as objects of an S3 bucket.

What happens for each instance (store, read, look, remove) goes through our own thin client, on the
event loop; what is rare (large uploads, listing, making the bucket) through boto3, in threads.
Decision 0007 has the measurements.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias

from axial.common.blobs.bodies import content_of, md5_of, size_of
from axial.common.blobs.port import (
    BlobDamaged,
    BlobExists,
    BlobInfo,
    BlobPlace,
    Body,
    check_key,
    check_range,
)
from axial.common.blobs.probe import prove
from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.client import PATIENCE, Patience, Request, S3Client
from axial.common.blobs.s3.reader import S3Reader, get, is_beyond_the_end, whole_size
from axial.common.blobs.s3.signing import Credentials
from axial.common.blobs.s3.threads import RareThreads
from axial.common.errors import BlobMissing, StorageUnavailable

# Up to here a body is sent in one request, from memory; for 16 uploads at once that is 128 MiB.
_ONE_REQUEST_BYTES = 8 * 1024 * 1024

# The length of an MD5 in hexadecimal.
_MD5_LENGTH = 32

#: Some blobs, and the token of those that follow.
Page: TypeAlias = tuple[Sequence[BlobInfo], str | None]


class S3BlobStore:
    """A `BlobStore` in one bucket, or below a prefix of it."""

    def __init__(self, address: S3Address, client: S3Client, rare: RareThreads) -> None:
        self._address = address
        self._base = address.base_path
        self._client = client
        self._rare = rare

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        """Store the body: a small one in one request, a large one in parts."""
        check_key(key)
        size_bytes = await size_of(body)
        try:
            if size_bytes > _ONE_REQUEST_BYTES:
                await self._rare.run(lambda calls: calls.upload(key, body, size_bytes))
            else:
                content = await content_of(body)
                await self._put_at_once(key, content, md5 or await md5_of(content))
        except BlobExists:
            # Ours, perhaps: of a put whose answer was lost.
            if not await self._holds(key, body, size_bytes):
                raise

    async def open(self, key: str, start: int = 0, end: int | None = None) -> S3Reader:
        """Open a range of a blob."""
        check_key(key)
        check_range(start, end)
        if end is not None and end <= start:
            return S3Reader(None, (await self.stat(key)).size_bytes)
        request = get(self._base + key, start, end)
        stream = await self._client.open(request)
        try:
            size_bytes = whole_size(request, stream.head)
        except StorageUnavailable:
            stream.close()
            raise
        if is_beyond_the_end(stream.head):
            stream.close()
            return S3Reader(None, size_bytes)
        return S3Reader(stream, size_bytes)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return a range of a blob."""
        check_key(key)
        check_range(start, end)
        if end is not None and end <= start:
            await self.stat(key)
            return b""
        request = get(self._base + key, start, end)
        answer = await self._client.call(request)
        whole_size(request, answer.head)
        return b"" if is_beyond_the_end(answer.head) else answer.content

    async def stat(self, key: str) -> BlobInfo:
        """Tell the size and the age of a blob."""
        check_key(key)
        answer = await self._client.call(Request("HEAD", self._base + key))
        headers = answer.head.headers
        modified = parsedate_to_datetime(headers["last-modified"])
        return BlobInfo(key, int(headers["content-length"]), modified)

    async def locate(self, key: str, size_bytes: int) -> BlobPlace:  # noqa: ARG002 - only the server knows
        """Sign the request of a blob, without asking the server."""
        check_key(key)
        request = Request("GET", self._base + key)
        return BlobPlace(request.path, self._client.signed(request))

    async def delete(self, key: str) -> None:
        """Remove a blob."""
        check_key(key)
        with suppress(BlobMissing):  # Amazon answers 204 for it, others 404
            await self._client.call(Request("DELETE", self._base + key))

    async def list(self, prefix: str = "", *, after: str = "") -> AsyncIterator[BlobInfo]:
        """Walk the blobs in the order of the server."""
        token: str | None = None
        while True:
            page, token = await self._page(prefix, after, token)
            for blob in page:
                yield blob
            if token is None:
                return

    async def check(self) -> None:
        """Make the bucket if there is none, and prove that it can be written."""
        try:
            await self._client.call(Request("HEAD", self._address.bucket_path))
        except BlobMissing:
            await self._rare.run(lambda calls: calls.create_bucket())
        await prove(self)

    async def _page(self, prefix: str, after: str, token: str | None) -> Page:
        return await self._rare.run(lambda calls: calls.page(prefix, after, token))

    async def _put_at_once(self, key: str, content: bytes | memoryview, md5: str) -> None:
        answer = await self._client.call(
            Request(
                "PUT",
                self._base + key,
                content,
                content_md5=base64.b64encode(bytes.fromhex(md5)).decode(),
                headers=(("if-none-match", "*"),),
                accept={HTTPStatus.PRECONDITION_FAILED},
            )
        )
        if answer.head.status == HTTPStatus.PRECONDITION_FAILED:
            raise BlobExists
        etag = answer.head.headers.get("etag", "").strip('"')
        # Under a key of KMS an ETag is not the MD5.
        kms = "kms" in answer.head.headers.get("x-amz-server-side-encryption", "")
        if len(etag) == _MD5_LENGTH and etag != md5 and not kms:
            await self.delete(key)
            raise BlobDamaged

    async def _holds(self, key: str, body: Body, size_bytes: int) -> bool:
        """Compare a blob with the body: rare, so it may take its time."""
        try:
            reader = await self.open(key)
        except BlobMissing as error:
            raise StorageUnavailable("the upload ended, and left no blob") from error
        async with reader:
            if reader.size_bytes != size_bytes:
                return False
            stored = hashlib.md5(usedforsecurity=False)
            async for chunk in reader:
                stored.update(chunk)
        return stored.hexdigest() == await md5_of(body)


@asynccontextmanager
async def open_s3(
    address: S3Address, credentials: Credentials, patience: Patience = PATIENCE
) -> AsyncIterator[S3BlobStore]:
    """Open the bucket; nothing is asked of the server before the first call."""
    client = S3Client(address, credentials, patience)
    rare = RareThreads(address, credentials)
    try:
        yield S3BlobStore(address, client, rare)
    finally:
        await client.pool.aclose()
        await rare.aclose()
