"""One exam for every blob store: in memory, in a directory, in a real S3 server's bucket."""

import asyncio
import hashlib
import io
import itertools
import os
import tempfile
import tracemalloc
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO

import pytest

from axial.common.blobs import (
    BlobExists,
    BlobMissing,
    BlobStore,
    Body,
    StorageUnavailable,
)

pytestmark = pytest.mark.contract

# Larger than what any store sends or reads at once, not a multiple of it, and quickly written.
LARGE_BYTES = 64 * 1024 * 1024 + 12_345

# A large body's whole way may take this much memory: two parts of an upload with what boto3 needs.
BOUNDED_BYTES = 48 * 1024 * 1024


@contextmanager
def large_file() -> Iterator[tuple[IO[bytes], str]]:
    """Give a large file whose blocks all differ, with the position at its end, and its MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    block = os.urandom(1024 * 1024)
    with tempfile.TemporaryFile() as file:
        for number in range(0, LARGE_BYTES, len(block)):
            content = (number.to_bytes(8, "big") + block[8:])[: LARGE_BYTES - number]
            digest.update(content)
            file.write(content)
        yield file, digest.hexdigest()


def md5(content: bytes) -> str:
    """Compute the MD5 as ingest gives it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


async def test_what_was_put_is_read(store: BlobStore, prefix: str) -> None:
    """A blob comes back byte for byte, with and without its MD5 told, as often as wanted."""
    content = os.urandom(20_000)
    await store.put(f"{prefix}/told.dcm", content, md5=md5(content))
    await store.put(f"{prefix}/untold.dcm", content)
    assert await store.read(f"{prefix}/told.dcm") == content
    assert await store.read(f"{prefix}/untold.dcm") == content
    assert await store.read(f"{prefix}/told.dcm") == content


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
async def test_a_body_may_be_bytes_or_a_file(
    store: BlobStore, prefix: str, kind: type[bytes | bytearray | memoryview | io.BytesIO]
) -> None:
    """Each kind of body is stored as the same bytes."""
    content = os.urandom(5_000)
    await store.put(f"{prefix}/blob", kind(content))
    assert await store.read(f"{prefix}/blob") == content


async def test_a_file_is_stored_whole_whatever_its_position(store: BlobStore, prefix: str) -> None:
    """A spooled upload, just written and standing at its end, needs no rewinding."""
    with tempfile.SpooledTemporaryFile(max_size=1000) as file:
        file.write(b"x" * 5_000)
        await store.put(f"{prefix}/blob", file)
        assert not file.closed
    assert await store.read(f"{prefix}/blob") == b"x" * 5_000


async def test_an_empty_blob(store: BlobStore, prefix: str) -> None:
    """No bytes are bytes too."""
    await store.put(f"{prefix}/empty", b"")
    assert await store.read(f"{prefix}/empty") == b""
    assert (await store.stat(f"{prefix}/empty")).size_bytes == 0
    async with await store.open(f"{prefix}/empty") as blob:
        assert [chunk async for chunk in blob] == []
        assert blob.size_bytes == 0


@pytest.mark.parametrize(
    ("start", "end"),
    [
        *((0, None), (0, 10), (3, 7), (9, None), (9, 10)),
        *((5, 100), (10, None), (10, 20), (50, None), (50, 60)),
        *((4, 4), (0, 0), (7, 3)),
    ],
)
async def test_a_range_is_cut_as_a_slice_is(
    store: BlobStore, prefix: str, start: int, end: int | None
) -> None:
    """Ranges within, across and behind the end, by both ways of reading."""
    content = b"0123456789"
    await store.put(f"{prefix}/blob", content)
    assert await store.read(f"{prefix}/blob", start, end) == content[start:end]
    async with await store.open(f"{prefix}/blob", start, end) as blob:
        assert blob.size_bytes == len(content)
        assert b"".join([chunk async for chunk in blob]) == content[start:end]


async def test_a_negative_bound_is_refused(store: BlobStore, prefix: str) -> None:
    """It would mean one thing to Python, and another to HTTP."""
    await store.put(f"{prefix}/blob", b"0123456789")
    for start, end in [(-1, None), (0, -1)]:
        with pytest.raises(ValueError, match="negative"):
            await store.read(f"{prefix}/blob", start, end)
        with pytest.raises(ValueError, match="negative"):
            await store.open(f"{prefix}/blob", start, end)


async def test_what_is_missing_is_told(store: BlobStore, prefix: str) -> None:
    """Nothing under the key, a folder under the key, or a blob where a folder should be."""
    await store.put(f"{prefix}/blob", b"x")
    for key in [f"{prefix}/missing", prefix, f"{prefix}/blob/below", "nowhere/at/all"]:
        with pytest.raises(BlobMissing):
            await store.read(key)
        with pytest.raises(BlobMissing):
            await store.read(key, 2, 1)
        with pytest.raises(BlobMissing):
            await store.open(key)
        with pytest.raises(BlobMissing):
            await store.open(key, 1, 1)
        with pytest.raises(BlobMissing):
            await store.stat(key)


async def test_delete_is_final_and_may_be_repeated(store: BlobStore, prefix: str) -> None:
    """A deleted blob is gone, deleting it again succeeds, and its neighbour stays."""
    await store.put(f"{prefix}/one", b"1")
    await store.put(f"{prefix}/two", b"2")
    await store.delete(f"{prefix}/one")
    await store.delete(f"{prefix}/one")
    await store.delete(f"{prefix}/never")
    await store.delete(prefix)
    await store.delete(f"{prefix}/two/below")
    with pytest.raises(BlobMissing):
        await store.read(f"{prefix}/one")
    assert await store.read(f"{prefix}/two") == b"2"


async def test_a_key_may_be_used_again_after_delete(store: BlobStore, prefix: str) -> None:
    """The last blob of a folder takes its folders along; the next put makes them anew."""
    for content in (b"first", b"second", b"third"):
        await store.put(f"{prefix}/blob", content)
        assert await store.read(f"{prefix}/blob") == content
        await store.delete(f"{prefix}/blob")


async def test_stat_tells_size_and_age(store: BlobStore, prefix: str) -> None:
    """The sweeper spares what is young, by a clock that knows its time zone."""
    await store.put(f"{prefix}/blob", b"12345")
    info = await store.stat(f"{prefix}/blob")
    assert (info.key, info.size_bytes) == (f"{prefix}/blob", 5)
    assert abs(datetime.now(UTC) - info.modified) < timedelta(seconds=30)
    assert info.modified.utcoffset() == timedelta(0)


async def test_the_same_blob_may_be_put_again(store: BlobStore, prefix: str) -> None:
    """A put whose answer was lost is repeated, and succeeds."""
    content = os.urandom(20_000)
    await store.put(f"{prefix}/blob", content, md5=md5(content))
    await store.put(f"{prefix}/blob", content, md5=md5(content))
    await store.put(f"{prefix}/blob", io.BytesIO(content))
    assert await store.read(f"{prefix}/blob") == content


@pytest.mark.parametrize("other", [b"abcdE", b"abcd", b"abcdef", b""])
async def test_another_blob_is_never_overwritten(
    store: BlobStore, prefix: str, other: bytes
) -> None:
    """Other bytes of the same size, fewer, more or none: the first ones stay."""
    await store.put(f"{prefix}/blob", b"abcde")
    with pytest.raises(BlobExists):
        await store.put(f"{prefix}/blob", other)
    assert await store.read(f"{prefix}/blob") == b"abcde"


async def test_only_one_of_many_bodies_wins_a_key(store: BlobStore, prefix: str) -> None:
    """Of sixteen writers at once one is told that it stored its bytes, and did."""
    bodies = [os.urandom(20_000) for _ in range(16)]
    outcomes = await asyncio.gather(
        *(store.put(f"{prefix}/blob", body) for body in bodies), return_exceptions=True
    )
    winners = [body for body, outcome in zip(bodies, outcomes, strict=True) if outcome is None]
    losers = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert all(isinstance(loser, BlobExists) for loser in losers)
    assert await store.read(f"{prefix}/blob") == winners[0]


async def test_many_puts_at_once(store: BlobStore, prefix: str) -> None:
    """Uploaders do not disturb one another, in the same folder or in their own."""
    bodies = {
        f"{prefix}/{number % 3}/{uuid.uuid4()}.dcm": os.urandom(5_000 + number)
        for number in range(64)
    }
    await asyncio.gather(*(store.put(key, body, md5=md5(body)) for key, body in bodies.items()))
    stored = await asyncio.gather(*(store.read(key) for key in bodies))
    assert stored == list(bodies.values())


async def test_puts_and_deletes_in_one_folder_at_once(store: BlobStore, prefix: str) -> None:
    """A folder that is left empty, and removed, in one moment takes a blob in the next."""

    async def put_and_delete(number: int) -> None:
        for _ in range(20):
            await store.put(f"{prefix}/{number}", b"x")
            await store.delete(f"{prefix}/{number}")

    await asyncio.gather(*(put_and_delete(number) for number in range(8)))
    assert [blob async for blob in store.list(prefix)] == []


async def test_list_walks_in_key_order(store: BlobStore, prefix: str) -> None:
    """Blobs of several folders, put in any order, with their sizes."""
    keys = [
        f"{prefix}/{folder}/{name}.dcm"
        for folder, name in itertools.product(("2301", "0915", "1200"), ("c", "a", "B", "b0"))
    ]
    await asyncio.gather(*(store.put(key, key.encode()) for key in keys))
    listed = [blob async for blob in store.list(prefix)]
    assert [blob.key for blob in listed] == sorted(keys)
    assert [blob.size_bytes for blob in listed] == [len(key) for key in sorted(keys)]
    assert all(abs(datetime.now(UTC) - blob.modified) < timedelta(seconds=60) for blob in listed)


async def test_list_begins_where_it_is_told_to(store: BlobStore, prefix: str) -> None:
    """`after` continues a walk at any blob, also at one that is gone; a prefix may cut a name."""
    keys = sorted(f"{prefix}/{hour}/{name}" for hour in ("08", "09", "10") for name in "abc")
    await asyncio.gather(*(store.put(key, b"x") for key in keys))

    async def walk(inner: str, after: str = "") -> list[str]:
        return [blob.key async for blob in store.list(inner, after=after)]

    for number, key in enumerate(keys):
        assert await walk(prefix, key) == keys[number + 1 :]
    assert await walk(prefix, f"{prefix}/09/bb") == keys[5:]
    assert await walk(f"{prefix}/0") == keys[:6]
    assert await walk(f"{prefix}/0", keys[1]) == keys[2:6]
    assert await walk(f"{prefix}/09/b") == [keys[4]]
    assert await walk(f"{prefix}/09", f"{prefix}/1") == []
    assert await walk(f"{prefix}/11") == []


@pytest.mark.parametrize("store", ["directory", "s3"], indirect=True)
async def test_list_goes_on_over_many_pages(store: BlobStore, prefix: str) -> None:
    """More blobs than any store gives at once are listed once each."""
    keys = sorted(f"{prefix}/{number:04}" for number in range(2_101))
    for start in range(0, len(keys), 100):
        await asyncio.gather(*(store.put(key, b"") for key in keys[start : start + 100]))
    assert [blob.key async for blob in store.list(prefix)] == keys


@pytest.mark.parametrize("store", ["directory", "s3"], indirect=True)
async def test_a_large_file_travels_in_bounded_memory(store: BlobStore, prefix: str) -> None:
    """A multi-frame instance is stored and read without being in memory as a whole."""
    with large_file() as (file, expected):
        tracemalloc.start()
        try:
            await store.put(f"{prefix}/large", file, md5=expected)
            received = hashlib.md5(usedforsecurity=False)
            async with await store.open(f"{prefix}/large") as blob:
                assert blob.size_bytes == LARGE_BYTES
                async for chunk in blob:
                    received.update(chunk)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert received.hexdigest() == expected
        assert peak_bytes < BOUNDED_BYTES
        file.seek(LARGE_BYTES - 1000)
        assert await store.read(f"{prefix}/large", LARGE_BYTES - 1000) == file.read()


async def test_a_large_blob_is_not_overwritten(store: BlobStore, prefix: str) -> None:
    """What holds for small blobs holds for those that travel in parts."""
    content = os.urandom(9 * 1024 * 1024)
    await store.put(f"{prefix}/large", content)
    await store.put(f"{prefix}/large", io.BytesIO(content))
    other: Body = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(BlobExists):
        await store.put(f"{prefix}/large", other)
    assert await store.read(f"{prefix}/large") == content


async def test_reading_may_end_early(store: BlobStore, prefix: str) -> None:
    """A client that goes away mid-way harms no later reader."""
    content = os.urandom(3 * 1024 * 1024)
    await store.put(f"{prefix}/blob", content)
    for _ in range(3):
        async with await store.open(f"{prefix}/blob") as blob:
            async for chunk in blob:
                assert content.startswith(chunk)
                break
    blob = await store.open(f"{prefix}/blob")
    await blob.aclose()
    await blob.aclose()
    assert await store.read(f"{prefix}/blob") == content


async def test_many_readers_at_once(store: BlobStore, prefix: str) -> None:
    """Each of many readers of one blob, fast and slow, gets all of it."""
    content = os.urandom(2 * 1024 * 1024)
    await store.put(f"{prefix}/blob", content)

    async def read(number: int) -> bytes:
        chunks = []
        async with await store.open(f"{prefix}/blob", number) as blob:
            async for chunk in blob:
                chunks.append(chunk)
                await asyncio.sleep(0)
        return b"".join(chunks)

    results = await asyncio.gather(*(read(number) for number in range(12)))
    assert results == [content[number:] for number in range(12)]


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/etc/passwd", "..", "a/../b", "a/./b", "a//b", "a/", ".hidden", "a/.b/c"),
        *("a b", "a\\b", "a\x00b", "a\nb", "a\n", "ä", "a?b", "a%2e", "a#b", "a+b", "a:b"),
        *("x" * 201, "a/" * 600 + "b"),
    ],
)
async def test_a_weird_key_is_refused(store: BlobStore, key: str) -> None:
    """What might mean another thing as a path or in a URL is no key, to no method."""
    with pytest.raises(ValueError, match="not a blob key"):
        await store.put(key, b"x")
    with pytest.raises(ValueError, match="not a blob key"):
        await store.read(key)
    with pytest.raises(ValueError, match="not a blob key"):
        await store.open(key)
    with pytest.raises(ValueError, match="not a blob key"):
        await store.stat(key)
    with pytest.raises(ValueError, match="not a blob key"):
        await store.delete(key)


async def test_a_cancelled_put_leaves_all_or_nothing(store: BlobStore, prefix: str) -> None:
    """A caller that gives up at any moment finds the whole blob or none, and the store well."""
    content = os.urandom(300_000)
    for number in range(20):
        task = asyncio.create_task(store.put(f"{prefix}/{number}", content))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.put(f"{prefix}/last", content)
    async for blob in store.list(prefix):
        assert blob.size_bytes == len(content)
        assert await store.read(blob.key) == content


async def test_check_leaves_nothing_behind(store: BlobStore) -> None:
    """The proof at start-up removes its probe."""
    await store.check()
    assert [blob async for blob in store.list("axial-probe")] == []


async def test_a_closed_reader_is_not_read_as_a_short_blob(store: BlobStore, prefix: str) -> None:
    """Closing under a reader is an error, not the end of the blob."""
    await store.put(f"{prefix}/blob", os.urandom(3 * 1024 * 1024))
    blob = await store.open(f"{prefix}/blob")
    chunks = aiter(blob)
    await anext(chunks)
    await blob.aclose()
    with pytest.raises(StorageUnavailable):
        await _exhaust(chunks)


async def _exhaust(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass
