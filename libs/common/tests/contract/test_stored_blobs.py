"""Files read from every kind of store: the same bytes, whether they are kept compressed or not."""

import random
import struct
import zlib

import pytest

from axial.common.blobs import (
    BlobDamaged,
    BlobMissing,
    BlobStore,
    StoredBlob,
    StoredRanges,
    open_stored,
    read_stored,
)
from axial.common.errors import Corrupted

pytestmark = pytest.mark.contract

# Some that compresses, some that does not; several steps, and several blocks.
_NOISE = random.Random(7).randbytes(700_000)  # noqa: S311 - noise, not a secret
_FILE = b"\0" * 1_500_000 + _NOISE + b"ab" * 900_000


async def stored(store: BlobStore, key: str, file: bytes, *, is_compressed: bool) -> StoredBlob:
    """Keep a file in one of the two forms."""
    form = struct.pack("<Q", len(file)) + zlib.compress(file) if file else b""
    await store.put(key, form if is_compressed else file)
    return StoredBlob(key, len(file), is_compressed)


@pytest.mark.parametrize("is_compressed", [False, True])
async def test_ranges_are_those_of_the_file(
    store: BlobStore, prefix: str, *, is_compressed: bool
) -> None:
    """Opened, read in one piece, or read back and forth: always the slice."""
    blob = await stored(store, f"{prefix}/file", _FILE, is_compressed=is_compressed)
    ranges = StoredRanges(store, blob)
    chance = random.Random(8)  # noqa: S311
    ends = [0, 1, 300_000, 1_499_999, 1_500_000, 2_200_001, len(_FILE) - 1, len(_FILE)]
    for start in chance.sample(ends, len(ends)):
        for stop in chance.sample(ends, 3):
            expected = _FILE[start:stop]
            assert await ranges.read(start, stop) == expected
            assert await read_stored(store, blob, start, stop) == expected
        async with await open_stored(store, blob, start) as reader:
            assert reader.size_bytes == len(_FILE)
            assert b"".join([chunk async for chunk in reader]) == _FILE[start:]
    assert await ranges.read(len(_FILE) - 2, len(_FILE) + 9) == b"ab"


@pytest.mark.parametrize("is_compressed", [False, True])
async def test_an_empty_file(store: BlobStore, prefix: str, *, is_compressed: bool) -> None:
    """Nothing is nothing in both forms."""
    blob = await stored(store, f"{prefix}/file", b"", is_compressed=is_compressed)
    assert await read_stored(store, blob) == b""
    assert await StoredRanges(store, blob).read(0, 9) == b""


async def test_damage_shows_before_the_last_byte(store: BlobStore, prefix: str) -> None:
    """A small file is refused at once; of a large one the end is never given."""
    form = struct.pack("<Q", len(_FILE)) + zlib.compress(_FILE)
    await store.put(f"{prefix}/file", form[:-4])
    blob = StoredBlob(f"{prefix}/file", len(_FILE), is_compressed=True)
    seen: list[bytes] = []

    async def read_all() -> None:
        async for chunk in await open_stored(store, blob):
            seen.append(chunk)  # noqa: PERF401 - what was given before the end counts

    with pytest.raises(Corrupted):
        await read_all()
    assert 0 < sum(map(len, seen)) < len(_FILE)
    with pytest.raises(Corrupted):
        await StoredRanges(store, blob).read(len(_FILE) - 1, len(_FILE))
    await store.put(f"{prefix}/small", struct.pack("<Q", 5) + zlib.compress(b"hello")[:-1])
    with pytest.raises(Corrupted):
        await open_stored(store, StoredBlob(f"{prefix}/small", 5, is_compressed=True))


async def test_what_is_not_there_or_of_another_size(store: BlobStore, prefix: str) -> None:
    """The reader learns it before the first byte."""
    for is_compressed in (False, True):
        with pytest.raises(BlobMissing):
            await open_stored(store, StoredBlob(f"{prefix}/file", 1, is_compressed))
    await store.put(f"{prefix}/file", b"hello")
    with pytest.raises(BlobDamaged):
        await open_stored(store, StoredBlob(f"{prefix}/file", 4))


async def test_closed_in_the_middle(store: BlobStore, prefix: str) -> None:
    """Who leaves early leaves nothing open, and gets no more."""
    blob = await stored(store, f"{prefix}/file", _FILE, is_compressed=True)
    reader = await open_stored(store, blob)
    async for _ in reader:
        break
    await reader.aclose()
    await reader.aclose()
    unread = await open_stored(store, blob, 10, 20)
    await unread.aclose()
