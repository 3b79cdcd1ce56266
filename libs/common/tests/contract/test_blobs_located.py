"""One exam for every blob store: where it says that blobs are, they are."""

import asyncio
import os
import urllib.request
from pathlib import Path

import pytest

from axial.common.blobs import BlobDamaged, BlobMissing, BlobPlace, BlobStore
from axial.common.testing.blobs import MemoryBlobStore

pytestmark = pytest.mark.contract


async def test_a_proxy_finds_a_blob(store: BlobStore, prefix: str, tmp_path: Path) -> None:
    """Below the folder, or by the signed request, which is good for a range as well."""
    content = os.urandom(20_000)
    await store.put(f"{prefix}/blob.dcm", content)
    place = await store.locate(f"{prefix}/blob.dcm", len(content))
    if place.signed:
        assert await asyncio.to_thread(_ask, place) == content
        assert await asyncio.to_thread(_ask, place, "bytes=5-104") == content[5:105]
    elif isinstance(store, MemoryBlobStore):
        assert store.blobs[place.path.removeprefix("/")][0] == content
    else:
        file = tmp_path / "made" / "on demand" / place.path.removeprefix("/")
        assert file.read_bytes() == content


async def test_what_can_be_seen_without_asking_is_told(store: BlobStore, prefix: str) -> None:
    """A blob that is not there, or has another size; of S3 the proxy learns it."""
    await store.put(f"{prefix}/blob.dcm", b"content")
    if (await store.locate(f"{prefix}/blob.dcm", 7)).signed:
        return
    with pytest.raises(BlobDamaged):
        await store.locate(f"{prefix}/blob.dcm", 8)
    with pytest.raises(BlobMissing):
        await store.locate(f"{prefix}/none.dcm", 7)


def _ask(place: BlobPlace, range_: str | None = None) -> bytes:
    headers = dict(place.signed) | ({"Range": range_} if range_ else {})
    url = f"http://{place.signed['host']}{place.path}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return bytes(answer.read())
