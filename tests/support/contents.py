"""Files whose content is asked for place by place."""

from contextlib import aclosing

from axial.common.blobs import StoredBlob
from axial.common.blobs.zlib_form import Deflater
from axial.common.dictionary import STANDARD, Dictionary
from axial.common.header import read_header
from axial.common.testing.blobs import MemoryBlobStore
from axial.index.content.body import body_of
from axial.index.content.contents import Opened, open_contents, walk_through
from axial.index.content.path import read_path
from axial.index.content.walking import Items, Tags, Value, walk

_KEY = "2026/11/20/2358/file.dcm"


async def at(
    file: bytes,
    path: str,
    dictionary: Dictionary = STANDARD,
    *,
    store: MemoryBlobStore | None = None,
    header_bytes: int | None = None,
) -> Tags | Items | Value:
    """Tell what is at a place of a file, of which as much as ingest keeps is at hand, or less."""
    opened = await _open(file, store or MemoryBlobStore(), header_bytes)
    async with aclosing(opened.contents) as contents:
        return await walk_through(
            contents, walk(read_path(path, dictionary), opened.root, dictionary)
        )


async def content_of(
    file: bytes,
    path: str,
    dictionary: Dictionary = STANDARD,
    *,
    header_bytes: int | None = None,
    is_compressed: bool = False,
) -> bytes:
    """Give the value at a place of a file."""
    opened = await _open(file, MemoryBlobStore(), header_bytes, is_compressed=is_compressed)
    async with aclosing(opened.contents) as contents:
        found = await walk_through(
            contents, walk(read_path(path, dictionary), opened.root, dictionary)
        )
        assert isinstance(found, Value), found
        body = await body_of(contents, found, opened.root.stop)
        value = b"".join([piece async for piece in body.pieces])
    assert len(value) == body.length
    return value


async def _open(
    file: bytes,
    store: MemoryBlobStore,
    header_bytes: int | None,
    *,
    is_compressed: bool = False,
) -> Opened:
    deflater = Deflater(len(file))
    kept = deflater.add(file) + deflater.finish() if is_compressed else file
    await store.put(_KEY, kept)
    raw = read_header(file).raw if header_bytes is None else file[:header_bytes]
    return open_contents(store, StoredBlob(_KEY, len(file), is_compressed), raw)
