"""Opening the blob store that a URL names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axial.common.blobs.directory.store import open_directory
from axial.common.blobs.port import BlobStore
from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.signing import Credentials
from axial.common.blobs.s3.store import open_s3


@asynccontextmanager
async def open_blob_store(
    url: str, access_key: str = "", secret_key: str = ""
) -> AsyncIterator[BlobStore]:
    """Open the store behind `file:///directory` or `s3://bucket/prefix?endpoint=…&region=…`.

    Raises `ValueError` for another URL; whether the store works, its `check` tells.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path:
        async with open_directory(Path(unquote(parts.path))) as directory:
            yield directory
    elif parts.scheme == "s3":
        address = S3Address.parse(url)
        async with open_s3(address, Credentials(access_key, secret_key, address.region)) as bucket:
            yield bucket
    else:
        raise ValueError("a blob URL is file:///directory or s3://bucket/prefix?…")
