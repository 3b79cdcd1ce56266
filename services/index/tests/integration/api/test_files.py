"""The bytes of an instance, whole and in ranges."""

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from pydicom import dcmread
from support.archive import Archive
from support.images import store_file

from axial.common.blobs import StorageUnavailable
from axial.common.identifiers import resource_ids
from axial.common.testing.blobs import MemoryBlobStore, MemoryReader
from axial.common.testing.dicom_files import shipped_file
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
FILE = bytes(range(256)) * 40
#: Longer than what is sent in one piece.
LONG = FILE * 30
MD5 = hashlib.md5(FILE, usedforsecurity=False).hexdigest()
ID = resource_ids("P", "1", "1.1", "1.1.1").instance
PATH = f"/instances/{ID}/file"


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store one file."""
    event = instance_received().model_copy(update={"size_bytes": len(FILE), "md5": MD5})
    await archive.blobs.put(event.blob_key, FILE)
    await archive.project(event)
    return archive


async def test_whole_file(filled: Archive) -> None:
    """A file comes back byte by byte, under a name of its own."""
    response = await filled.get(PATH)
    assert (response.status_code, response.content) == (200, FILE)
    assert response.headers["content-type"] == "application/dicom"
    assert response.headers["content-length"] == str(len(FILE))
    assert response.headers["content-disposition"] == f'filename="{ID}.dcm"'
    assert response.headers["etag"] == f'"{MD5}"'


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-8999", 100, 9000), ("bytes=-10", 10230, 10240)],
)
async def test_range(filled: Archive, range_: str, start: int, end: int) -> None:
    """A range comes alone, and says which it is."""
    response = await filled.get(PATH, Range=range_)
    assert (response.status_code, response.content) == (206, FILE[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(FILE)}"
    assert response.headers["content-length"] == str(end - start)


async def test_range_behind_the_end(filled: Archive) -> None:
    """A range that the file does not have is told as Orthanc tells it, with the size that it has."""
    response = await filled.get(PATH, Range=f"bytes={len(FILE)}-")
    assert (response.status_code, response.json()["OrthancStatus"]) == (416, 41)
    assert response.headers["content-range"] == f"bytes */{len(FILE)}"


async def test_range_of_another_version(filled: Archive) -> None:
    """A range of bytes that have been replaced since would not fit: the whole is sent."""
    same = await filled.get(PATH, **{"Range": "bytes=0-9", "If-Range": f'"{MD5}"'})
    other = await filled.get(PATH, **{"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


@pytest.mark.parametrize(
    ("known", "status"),
    [(f'"{MD5}"', 304), (f'"x", W/"{MD5}"', 304), ("*", 304), ('"x"', 200), (MD5, 200)],
)
async def test_what_the_caller_has_already(filled: Archive, known: str, status: int) -> None:
    """A file whose ETag the caller knows is not sent again."""
    response = await filled.get(PATH, **{"If-None-Match": known})
    assert response.status_code == status
    assert response.headers["etag"] == f'"{MD5}"'
    assert response.content == (b"" if status == 304 else FILE)


@pytest.mark.parametrize(
    ("query", "disposition"),
    [
        ("filename=a%20b.dcm", 'filename="a b.dcm"'),
        ("filename=", f'filename="{ID}.dcm"'),
        ("filename=%22%0d%0aX%3a1", "filename*=UTF-8''%22%0D%0AX%3A1"),
        ("filename=%c3%a4.dcm", "filename*=UTF-8''%C3%A4.dcm"),
    ],
)
async def test_file_name(filled: Archive, query: str, disposition: str) -> None:
    """The caller may name the file, in whatever characters, and cannot add to the head by it."""
    response = await filled.get(f"{PATH}?{query}")
    assert response.headers["content-disposition"] == disposition
    assert "x" not in response.headers


async def test_transcoding(archive: Archive) -> None:
    """A file comes in the transfer syntax that is asked for, whole, under its usual name."""
    instance = await store_file(archive, shipped_file("MR_small_RLE.dcm").read_bytes())
    response = await archive.get(f"/instances/{instance}/file?transcode={EXPLICIT_LITTLE}")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == f'filename="{instance}.dcm"'
    assert response.headers["content-length"] == str(len(response.content))
    assert "etag" not in response.headers
    written = dcmread(BytesIO(response.content))
    assert written.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert (written.pixel_array == dcmread(shipped_file("MR_small.dcm")).pixel_array).all()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"transcode={EXPLICIT_LITTLE}", 200),
        ("transcode=1.2.840.10008.1.2.4.70", 415),
        ("transcode=1.2.840.10008.1.2.4.102", 415),
        ("transcode=x", 400),
        ("transcode=1.2.840.10008.1.2.4.81&lossy-quality=0", 400),
    ],
)
async def test_not_transcodable(filled: Archive, query: str, status: int) -> None:
    """What cannot be written as it is asked for is refused; the file's own transfer syntax needs no writing."""
    assert (await filled.get(f"{PATH}?{query}")).status_code == status


async def test_blob_is_gone(filled: Archive) -> None:
    """An instance without its bytes is told as missing, not as a server's failure."""
    filled.blobs.blobs.clear()
    response = await filled.get(PATH)
    assert (response.status_code, response.json()["OrthancStatus"]) == (404, 17)


async def test_blob_has_another_size(filled: Archive) -> None:
    """A blob that is not what was stored is not sent under its MD5."""
    for key, (_, modified) in filled.blobs.blobs.items():
        filled.blobs.blobs[key] = (FILE[:-1], modified)
    assert (await filled.get(PATH)).status_code == 503


class BreakingReader(MemoryReader):
    """Fails after its first chunk, and remembers that it was closed."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in super().__aiter__():
            yield chunk
            raise StorageUnavailable

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True


class BreakingStore(MemoryBlobStore):
    """Gives readers that break."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[BreakingReader] = []

    async def open(self, key: str, start: int = 0, end: int | None = None) -> MemoryReader:
        """Give one, and keep it."""
        self.readers.append(BreakingReader((await self.read(key)), start, end))
        return self.readers[-1]


async def test_store_breaks_before_the_answer(filled: Archive) -> None:
    """A short file is read before anything is told of it, so a failure is told as one."""
    store = filled.app.state.blobs = BreakingStore()
    store.blobs = filled.blobs.blobs
    assert (await filled.get(PATH)).status_code == 503
    assert [reader.closed for reader in store.readers] == [True]


async def test_store_breaks_on_the_way(archive: Archive) -> None:
    """A long file that ends too early is never taken for a whole one, and what was opened is closed."""
    event = instance_received().model_copy(update={"size_bytes": len(LONG)})
    await archive.blobs.put(event.blob_key, LONG)
    await archive.project(event)
    store = archive.app.state.blobs = BreakingStore()
    store.blobs = archive.blobs.blobs
    # A server cuts the connection at this point; the test's transport hands the error through.
    with pytest.raises((StorageUnavailable, RuntimeError)):
        await archive.get(PATH)
    assert [reader.closed for reader in store.readers] == [True]
