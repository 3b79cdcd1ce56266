"""Metadata, attachments, labels and protection as the index answers them."""

import hashlib

import pytest
from support.archive import Archive

from axial.common.configuration import Configuration
from axial.common.events import (
    AttachmentWriteRequested,
    LabelChangeRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

IDS = resource_ids("P", "1", "1.1", "1.1.1")
BYTES = b"attached bytes"
MD5 = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
VALUE_MD5 = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
STUDY = f"/studies/{IDS.study}"
INSTANCE = f"/instances/{IDS.instance}"


@pytest.fixture
def configuration() -> Configuration:
    """Give names to what users attach."""
    return Configuration.model_validate(
        {"UserMetadata": {"mine": 1024}, "UserContentType": {"report": [1025, "text/plain"]}}
    )


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store an instance and attach one of everything to its study."""
    stored = instance_received().model_copy(update={"size_bytes": 4})
    await archive.blobs.put(stored.blob_key, b"file")
    await archive.blobs.put("report.attachment", BYTES)
    study = {"level": Level.STUDY, "resource_id": IDS.study}
    await archive.project(
        stored,
        MetadataWriteRequested.model_validate(study | {"number": 1024, "value": b"first"}),
        MetadataWriteRequested.model_validate(study | {"number": 1024, "value": b"hello"}),
        MetadataWriteRequested.model_validate(study | {"number": 2000, "value": b"unnamed"}),
        AttachmentWriteRequested.model_validate(
            study
            | {
                "number": 1025,
                "blob_key": "report.attachment",
                "size_bytes": len(BYTES),
                "md5": MD5,
                "stored_at": stored.stored_at,
            }
        ),
        LabelChangeRequested.model_validate(study | {"label": "seen", "present": True}),
        LabelChangeRequested.model_validate(study | {"label": "Reported", "present": True}),
        ProtectionChangeRequested(level=Level.PATIENT, resource_id=IDS.patient, is_protected=True),
    )
    return archive


async def test_metadata_are_listed_by_number(filled: Archive) -> None:
    """Orthanc's own first; those without a name by their number."""
    listed = await filled.json(f"{STUDY}/metadata")
    assert listed == ["LastUpdate", "MainDicomTagsSignature", "mine", "2000"]
    assert await filled.json(f"{STUDY}/metadata?numeric") == [7, 15, 1024, 2000]
    expanded = await filled.json(f"{STUDY}/metadata?expand")
    assert (expanded["mine"], expanded["2000"]) == ("hello", "unnamed")


async def test_an_instances_own_metadata(filled: Archive) -> None:
    """What the projection knows of it, in Orthanc's words."""
    expanded = await filled.json(f"{INSTANCE}/metadata?expand")
    signature = expanded.pop("MainDicomTagsSignature")
    assert signature.startswith("0008,0012;0008,0013;0008,0018")
    assert expanded.pop("ReceptionDate").startswith("20261120T")
    assert expanded == {
        "HttpUsername": "",
        "IndexInSeries": "1",
        "Origin": "RestApi",
        "PixelDataOffset": "1024",
        "PixelDataVR": "OW",
        "RemoteAET": "",
        "RemoteIP": "127.0.0.1",
        "SopClassUid": "1.2.840.10008.5.1.4.1.1.2",
        "TransferSyntax": "1.2.840.10008.1.2.1",
    }


async def test_a_value_comes_with_its_revision(filled: Archive) -> None:
    """Named or by number; a caller who has it already is told so."""
    for name in ("mine", "1024"):
        answer = await filled.get(f"{STUDY}/metadata/{name}")
        assert (answer.status_code, answer.text) == (200, "hello")
        assert answer.headers["etag"] == f'"1-{VALUE_MD5}"'
        assert answer.headers["content-type"] == "text/plain"
    known = {"If-None-Match": f'"1-{VALUE_MD5}"'}
    answer = await filled.client.get(f"{STUDY}/metadata/mine", headers=known)
    assert (answer.status_code, answer.content) == (304, b"")
    for other in (f'"0-{VALUE_MD5}"', f'"1-{MD5}"'):
        answer = await filled.client.get(f"{STUDY}/metadata/mine", headers={"If-None-Match": other})
        assert answer.status_code == 200
    answer = await filled.client.get(f"{STUDY}/metadata/mine", headers={"If-None-Match": "x"})
    assert answer.status_code == 400
    core = await filled.get(f"{STUDY}/metadata/LastUpdate")
    assert core.headers["etag"].startswith('"0-')


@pytest.mark.parametrize(
    ("value", "shown"),
    [(b"\xff\xfe\0abc\xe9", "\ufffd\ufffd\0abc\ufffd"), (b"a\0b", "a\0b"), (b"", "")],
)
async def test_a_metadata_of_any_bytes(filled: Archive, value: bytes, shown: str) -> None:
    """Its own answer is exact, with the digest of all bytes; JSON shows what it can, as Orthanc's does."""
    await filled.project(
        MetadataWriteRequested(level=Level.STUDY, resource_id=IDS.study, number=1024, value=value)
    )
    answer = await filled.get(f"{STUDY}/metadata/mine")
    md5 = hashlib.md5(value, usedforsecurity=False).hexdigest()
    assert (answer.content, answer.headers["etag"]) == (value, f'"2-{md5}"')
    assert (await filled.json(f"{STUDY}/metadata?expand"))["mine"] == shown
    expanded = await filled.json(f"{STUDY}?response-content=Metadata")
    assert expanded["Metadata"]["mine"] == shown


@pytest.mark.parametrize(
    ("path", "orthanc_status"),
    [
        (f"{STUDY}/metadata/nobody", 7),
        (f"{STUDY}/metadata/1500", 7),
        (f"{STUDY}/attachments/nobody/data", 7),
        (f"{STUDY}/attachments/dicom/data", 17),
        (f"/series/{IDS.study}/metadata", 17),
        (f"/series/{IDS.study}/attachments", 17),
        (f"/series/{IDS.study}/labels", 17),
        (f"{STUDY}/labels/none", 17),
        (f"/patients/{IDS.study}/protected", 17),
    ],
)
async def test_what_is_not_there_is_404(filled: Archive, path: str, orthanc_status: int) -> None:
    """An item that a resource does not have is told apart from a resource that is not there."""
    answer = await filled.get(path)
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, orthanc_status)


async def test_attachments(filled: Archive) -> None:
    """Every sub-route of what a user attached."""
    path = f"{STUDY}/attachments"
    assert await filled.json(path) == ["report"]
    assert await filled.json(f"{path}?full") == {"report": 1025}
    assert "verify-md5" in await filled.json(f"{path}/report")
    facts = {
        "size": str(len(BYTES)),
        "compressed-size": str(len(BYTES)),
        "md5": MD5,
        "compressed-md5": MD5,
        "is-compressed": "0",
    }
    for name, text in facts.items():
        answer = await filled.get(f"{path}/report/{name}")
        assert (answer.status_code, answer.text) == (200, text)
        assert answer.headers["etag"] == f'"0-{MD5}"'
    info = await filled.json(f"{path}/1025/info")
    assert (info["ContentType"], info["UncompressedSize"]) == (1025, len(BYTES))
    data = await filled.get(f"{path}/report/data")
    assert (data.content, data.headers["content-type"]) == (BYTES, "text/plain")
    part = await filled.get(f"{path}/report/data", Range="bytes=2-4")
    assert (part.status_code, part.content) == (206, BYTES[2:5])
    assert (await filled.get(f"{path}/report/data", Range="bytes=99-")).status_code == 416
    known = await filled.client.get(f"{path}/report/data", headers={"If-None-Match": f'"0-{MD5}"'})
    assert known.status_code == 304


async def test_an_instances_file_is_its_attachment(filled: Archive) -> None:
    """Under Orthanc's own name and number."""
    assert await filled.json(f"{INSTANCE}/attachments?full") == {"dicom": 1}
    data = await filled.get(f"{INSTANCE}/attachments/dicom/data")
    assert (data.content, data.headers["content-type"]) == (b"file", "application/dicom")


async def test_a_damaged_attachment_is_found(filled: Archive) -> None:
    """Verifying reads the bytes; it does not believe the index."""
    path = f"{STUDY}/attachments/report/verify-md5"
    assert (await filled.client.post(path)).json() == {}
    await filled.blobs.delete("report.attachment")
    await filled.blobs.put("report.attachment", BYTES[::-1])
    answer = await filled.client.post(path)
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (500, 20)


async def test_labels_and_protection(filled: Archive) -> None:
    """On the resource's own page too, and in the list of all that are in use."""
    assert await filled.json(f"{STUDY}/labels") == ["Reported", "seen"]
    assert (await filled.json(STUDY))["Labels"] == ["Reported", "seen"]
    assert (await filled.get(f"{STUDY}/labels/seen")).status_code == 200
    assert await filled.json("/tools/labels") == ["Reported", "seen"]
    assert (await filled.get(f"/patients/{IDS.patient}/protected")).text == "1"
    assert (await filled.json(f"/patients/{IDS.patient}"))["IsProtected"] is True
