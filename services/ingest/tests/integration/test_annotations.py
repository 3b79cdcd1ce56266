"""PUT and DELETE of what users attach, against the real log."""

import hashlib

import httpx2
import pytest

from axial.common.blobs import BlobStore
from axial.common.events import (
    AttachmentWriteRequested,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
)
from axial.common.identifiers import Level
from axial.common.recorded import Recorded

pytestmark = pytest.mark.integration

_SOME = "16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0"
_MD5 = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()


@pytest.fixture
def blob_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Keep attachments in a directory."""
    return tmp_path_factory.mktemp("blobs").as_uri()


async def test_a_metadata_is_written_with_its_revision(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """The answer is Orthanc's: empty, with the tag of what was written."""
    answer = await client.put(
        f"/studies/{_SOME}/metadata/mine", content=b"hello", headers={"If-Match": f'"2-{_MD5}"'}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == f'"7-{_MD5}"'
    (one,) = recorded
    assert one.event == MetadataWriteRequested(
        level=Level.STUDY,
        resource_id=_SOME,
        number=1024,
        value=b"hello",
        if_revision=2,
        if_md5=_MD5,
        remote_ip="192.0.2.7",
        http_username="alice",
    )


async def test_an_attachment_is_durable_before_its_event(
    client: httpx2.AsyncClient, recorded: list[Recorded], blobs: BlobStore
) -> None:
    """Blob first, event second, answer third."""
    answer = await client.put(f"/instances/{_SOME}/attachments/1030", content=b"hello")
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["etag"] == f'"7-{_MD5}"'
    (one,) = recorded
    event = one.event
    assert isinstance(event, AttachmentWriteRequested)
    assert (event.number, event.size_bytes, event.md5) == (1030, 5, _MD5)
    assert await blobs.read(event.blob_key) == b"hello"


async def test_labels_and_protection_are_events(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """PUT puts on, DELETE takes off."""
    assert (await client.put(f"/series/{_SOME}/labels/seen")).status_code == 200
    assert (await client.delete(f"/series/{_SOME}/labels/seen")).status_code == 200
    for word in (b"1", b"false"):
        assert (await client.put(f"/patients/{_SOME}/protected", content=word)).status_code == 200
    assert (await client.delete(f"/series/{_SOME}/metadata/mine")).status_code == 200
    on, off, protect, unprotect, removal = (one.event for one in recorded)
    assert isinstance(on, LabelChangeRequested)
    assert isinstance(off, LabelChangeRequested)
    assert (on.label, on.present, off.present) == ("seen", True, False)
    assert isinstance(protect, ProtectionChangeRequested)
    assert isinstance(unprotect, ProtectionChangeRequested)
    assert (protect.is_protected, unprotect.is_protected) == (True, False)
    assert isinstance(removal, MetadataDeletionRequested)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", f"/studies/{_SOME}/metadata/LastUpdate", 403),
        ("PUT", f"/studies/{_SOME}/metadata/70000", 403),
        ("DELETE", f"/studies/{_SOME}/metadata/7", 403),
        ("PUT", f"/studies/{_SOME}/metadata/nobody", 404),
        ("PUT", f"/instances/{_SOME}/attachments/dicom", 403),
        ("DELETE", f"/instances/{_SOME}/attachments/dicom", 403),
        ("PUT", "/studies/nonsense/metadata/mine", 404),
        ("PUT", f"/studies/{_SOME}/labels/b%20ad", 400),
        ("PUT", f"/patients/{_SOME}/protected", 400),
    ],
)
async def test_what_is_not_for_users_never_reaches_the_log(
    client: httpx2.AsyncClient, recorded: list[Recorded], method: str, path: str, status: int
) -> None:
    """Orthanc's own names are read-only, unknown ones unknown, and a label is a word."""
    answer = await client.request(method, path, content=b"maybe")
    assert answer.status_code == status
    # Were there an event of it, it would stand before this one.
    await client.put(f"/series/{_SOME}/labels/seen")
    assert len(recorded) == 1


@pytest.mark.parametrize("tag", ["*", "nonsense", '"1-"'])
async def test_a_malformed_revision_is_400(client: httpx2.AsyncClient, tag: str) -> None:
    """412 is never used (orthanc-rest.md, C.7)."""
    answer = await client.put(
        f"/studies/{_SOME}/metadata/mine", content=b"x", headers={"If-Match": tag}
    )
    assert answer.status_code == 400


async def test_a_metadata_too_large_for_an_event(client: httpx2.AsyncClient) -> None:
    """It is refused before it is read."""
    path = f"/studies/{_SOME}/metadata/mine"
    assert (await client.put(path, content=b"x" * 200_000)).status_code == 413


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"a\0b", bytes(range(256)) * 512])
async def test_a_metadata_of_any_bytes(
    client: httpx2.AsyncClient, recorded: list[Recorded], value: bytes
) -> None:
    """What is no text comes through the log byte for byte, and the tag is the digest of these bytes."""
    answer = await client.put(f"/studies/{_SOME}/metadata/mine", content=value)
    md5 = hashlib.md5(value, usedforsecurity=False).hexdigest()
    assert (answer.status_code, answer.headers["etag"]) == (200, f'"7-{md5}"')
    (one,) = recorded
    assert isinstance(one.event, MetadataWriteRequested)
    assert one.event.value == value
