"""What is kept compressed reads as what is not, by every route that reads files."""

import asyncio
import hashlib
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from support.archive import Archive
from support.images import store_file

from axial.common.configuration import Configuration
from axial.common.events import AttachmentCompressionChangeRequested, AttachmentWriteRequested
from axial.common.identifiers import Level, ResourceId
from axial.common.testing.dicom_files import shipped_file
from axial.common.testing.facts import instance_received
from axial.index.images.drawers import DRAWING
from axial.index.images.metrics import ImageMetrics
from axial.pixels.workers import Limits, open_workers

pytestmark = pytest.mark.integration

_NOTES = b"nothing to be seen. " * 500
_CT = shipped_file("CT_small.dcm").read_bytes()
# Many frames in many fragments, native ones, and a deflated file: each is read by other ranges.
_FILES = {
    "examples_ybr_color.dcm": ("frames/7/raw", "frames/29/preview"),
    "emri_small.dcm": ("numpy", "frames/9/raw"),
    "image_dfl.dcm": ("preview", "frames/0/raw"),
}


def md5(content: bytes) -> str:
    """Digest some bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def form_of(file: bytes) -> bytes:
    """Compress as Orthanc does."""
    return struct.pack("<Q", len(file)) + zlib.compress(file) if file else b""


@pytest.fixture
def configuration() -> Configuration:
    """Give a name to an attachment."""
    return Configuration.model_validate({"UserContentType": {"notes": [1025, "text/plain"]}})


@pytest.fixture
async def gallery(archive: Archive) -> AsyncIterator[Archive]:
    """Give the archive a process to decode images."""
    limits = Limits(1, 30.0, 1024**3)
    async with open_workers(DRAWING, limits, ImageMetrics(CollectorRegistry())) as workers:
        archive.app.state.image_workers = workers
        yield archive


async def compress(
    archive: Archive, level: Level, resource_id: ResourceId, number: int, form: bytes | None = None
) -> bytes:
    """Put a file in the compressed form, as ingest would, or in the bytes given; return these."""
    path = f"/internal/files/{level.path_name}/{resource_id}/{number}"
    found = await archive.json(path)
    assert found["is_compressed"] is False
    source = found["blob_key"]
    form = form or form_of(await archive.blobs.read(source))
    target = f"2026/11/20/2359/{md5(source.encode())}.attachment"
    await archive.blobs.put(target, form)
    await archive.project(
        AttachmentCompressionChangeRequested(
            level=level,
            resource_id=resource_id,
            number=number,
            from_blob_key=source,
            blob_key=target,
            is_compressed=True,
            stored_size_bytes=len(form),
            stored_md5=md5(form),
            stored_at=instance_received().stored_at,
        )
    )
    # As the collector would.
    await archive.blobs.delete(source)
    assert (await archive.json(path))["is_compressed"] is True
    return form


async def attach(archive: Archive, resource_id: ResourceId, content: bytes) -> None:
    """Attach bytes to an instance."""
    key = f"2026/11/20/2358/{md5(content)}.attachment"
    await archive.blobs.put(key, content)
    await archive.project(
        AttachmentWriteRequested(
            level=Level.INSTANCE,
            resource_id=resource_id,
            number=1025,
            blob_key=key,
            size_bytes=len(content),
            md5=md5(content),
            stored_at=instance_received().stored_at,
        )
    )


@pytest.mark.parametrize("name", _FILES)
async def test_every_route_reads_the_same(gallery: Archive, name: str) -> None:
    """File, ranges, tags and pictures are those of the file, byte by byte."""
    file = shipped_file(name).read_bytes()
    instance = await store_file(gallery, file)
    base = f"/instances/{instance}"
    paths = [f"{base}/{path}" for path in ("file", "tags", "attachments/dicom/data", *_FILES[name])]
    ranges = [f"bytes=0-{len(file) // 2}", f"bytes={len(file) // 2}-{len(file) // 2}", "bytes=-9"]

    async def read_all() -> list[tuple[int, bytes]]:
        answers = [await gallery.get(path) for path in paths]
        answers += [await gallery.get(f"{base}/file", Range=range_) for range_ in ranges]
        return [(answer.status_code, answer.content) for answer in answers]

    before = await read_all()
    assert before[0] == (200, file)
    assert [status for status, _ in before] == [200] * len(paths) + [206] * len(ranges)
    form = await compress(gallery, Level.INSTANCE, instance, 1)
    assert await read_all() == before
    kept = await gallery.get(f"{base}/attachments/dicom/compressed-data")
    assert (kept.content, kept.headers["content-type"]) == (form, "application/octet-stream")


async def test_facts_and_sums(gallery: Archive) -> None:
    """Each attachment tells both sizes and sums, and all statistics add them up."""
    file = _CT
    instance = await store_file(gallery, file)
    await attach(gallery, instance, _NOTES)
    form = await compress(gallery, Level.INSTANCE, instance, 1025)
    base = f"/instances/{instance}/attachments"
    info = await gallery.json(f"{base}/notes/info")
    assert info.pop("Uuid") == (await gallery.get(f"{base}/notes/uuid")).text
    assert info == {
        "CompressedMD5": md5(form),
        "CompressedSize": len(form),
        "ContentType": 1025,
        "UncompressedMD5": md5(_NOTES),
        "UncompressedSize": len(_NOTES),
    }
    for operation, fact in {
        "is-compressed": "1",
        "compressed-size": str(len(form)),
        "compressed-md5": md5(form),
        "size": str(len(_NOTES)),
        "md5": md5(_NOTES),
    }.items():
        answer = await gallery.get(f"{base}/notes/{operation}")
        assert (answer.text, answer.headers["etag"]) == (fact, f'"1-{md5(_NOTES)}"')
    assert (await gallery.client.post(f"{base}/notes/verify-md5")).json() == {}
    assert (await gallery.get(f"{base}/dicom/is-compressed")).text == "0"
    uuid = (await gallery.json(f"/instances/{instance}"))["FileUuid"]
    dicom = len(await compress(gallery, Level.INSTANCE, instance, 1))
    told = await gallery.json(f"/instances/{instance}")
    assert (told["FileSize"], told["FileUuid"] == uuid) == (len(file), False)
    totals = await gallery.json("/statistics")
    assert totals["TotalUncompressedSize"] == str(len(file) + len(_NOTES))
    assert totals["TotalDiskSize"] == str(dicom + len(form))
    series = (await gallery.json("/series"))[0]
    for path in (f"/instances/{instance}", f"/series/{series}"):
        sums = await gallery.json(f"{path}/statistics")
        assert (sums["DicomDiskSize"], sums["DicomUncompressedSize"]) == (
            str(dicom),
            str(len(file)),
        )
        assert sums["DiskSize"] == totals["TotalDiskSize"]
        assert sums["UncompressedSize"] == totals["TotalUncompressedSize"]


async def test_an_empty_attachment_has_one_form(gallery: Archive) -> None:
    """Orthanc compresses nothing to nothing."""
    instance = await store_file(gallery, _CT)
    await attach(gallery, instance, b"")
    await compress(gallery, Level.INSTANCE, instance, 1025, b"")
    base = f"/instances/{instance}/attachments/notes"
    for operation in ("data", "compressed-data"):
        answer = await gallery.get(f"{base}/{operation}")
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await gallery.client.post(f"{base}/verify-md5")).status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        form_of(_NOTES)[:-5],
        form_of(_NOTES)[:30] + b"\xff\xff" + form_of(_NOTES)[32:],
        struct.pack("<Q", 1 << 62) + form_of(_NOTES)[8:],
        struct.pack("<Q", len(_NOTES)) + zlib.compress(b"\0" * 50_000_000),
        b"abc",
    ],
)
async def test_a_broken_form_is_one_clear_error(gallery: Archive, form: bytes) -> None:
    """Orthanc's own error, for whatever is wrong; the bytes as they are can still be had."""
    instance = await store_file(gallery, _CT)
    await attach(gallery, instance, _NOTES)
    await compress(gallery, Level.INSTANCE, instance, 1025, form)
    base = f"/instances/{instance}/attachments/notes"
    for answer in (
        await gallery.get(f"{base}/data"),
        await gallery.get(f"{base}/data", Range=f"bytes=-{len(_NOTES) - 1}"),
        await gallery.client.post(f"{base}/verify-md5"),
    ):
        assert (answer.status_code, answer.json()["OrthancStatus"]) == (500, 20)
    assert (await gallery.get(f"{base}/compressed-data")).content == form


async def test_a_file_that_changes_its_form_under_its_readers(gallery: Archive) -> None:
    """Who was led to a blob that is gone by then looks again, and nobody is told that there is no file."""
    file = _CT
    instance = await store_file(gallery, file)
    opened = gallery.blobs.open
    compressing = asyncio.Lock()

    async def open_late(key: str, start: int = 0, end: int | None = None) -> object:
        gallery.blobs.open = opened  # type: ignore[method-assign]
        async with compressing:
            await compress(gallery, Level.INSTANCE, instance, 1)
        return await opened(key, start, end)

    gallery.blobs.open = open_late  # type: ignore[method-assign, assignment]
    answer = await gallery.get(f"/instances/{instance}/file")
    assert (answer.status_code, answer.content) == (200, file)
    assert (await gallery.get(f"/instances/{instance}/attachments/dicom/is-compressed")).text == "1"


async def test_where_a_file_is_no_stranger_may_ask(gallery: Archive) -> None:
    """Ingest alone; what is not there is 404, and an index that is behind does not guess."""
    instance = await store_file(gallery, _CT)
    for path in (f"instances/{instance}/1025", f"studies/{instance}/1", f"nonsense/{instance}/1"):
        assert (await gallery.get(f"/internal/files/{path}")).status_code == 404
    gallery.projection.behind = True
    assert (await gallery.get(f"/internal/files/instances/{instance}/1")).status_code == 503
