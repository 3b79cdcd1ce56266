"""Orthanc's options of what is kept, and how: each on a system of its own."""

import asyncio
import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.modality import associated, sendable
from support.system import Axial, Wishes, running

from axial.common.testing.eventually import eventually_sync
from axial.dimse.messages.status import Status

pytestmark = pytest.mark.e2e


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _unpacked(form: bytes) -> bytes:
    """Unpack as an Orthanc client does."""
    (size_bytes,) = struct.unpack_from("<Q", form)
    file = zlib.decompress(form[8:])
    assert len(file) == size_bytes
    return file


def _another_patient() -> Dicom:
    """Make an instance of a patient whom nobody knows."""
    return DicomMaker(per_series=1).make(0)


def _recycles(client: httpx2.Client, first: str) -> None:
    """Prove that the oldest patient goes unless it is protected, and that the feeds tell of it."""
    assert client.put(f"/patients/{first}/protected", content=b"1").is_success
    second, third = _another_patient(), _another_patient()
    for dicom in (second, third):
        assert client.post("/instances", content=dicom.body).json()["Status"] == "Success"
    patients = client.get("/patients").json()
    assert sorted(patients) == sorted([first, third.names.orthanc_ids[0]])
    newest = client.get("/v2/changefeed?includeMetadata=false").json()[-2:]
    told = [(entry["Action"], entry["SopInstanceUid"]) for entry in newest]
    assert sorted(told) == sorted(
        [("delete", second.names.sop_instance_uid), ("create", third.names.sop_instance_uid)]
    )
    assert client.put(f"/patients/{first}/protected", content=b"0").is_success
    assert client.post("/instances", content=_another_patient().body).is_success
    assert sorted(client.get("/patients").json()) != sorted(patients)


async def _rejects(axial: Axial, client: httpx2.Client) -> None:
    """Prove that who would exceed the limit is refused in each API's words, and that nothing else happens."""
    assert client.post("/instances", content=_another_patient().body).is_success
    before = client.get("/statistics").json()
    refused = client.post("/instances", content=_another_patient().body)
    assert (refused.status_code, refused.json()["OrthancStatus"]) == (507, 19)
    assert axial.dicom_port is not None
    item = sendable(_another_patient().body)
    async with associated(axial.dicom_port, [item]) as modality:
        assert await modality.store(item) == Status.OUT_OF_RESOURCES
    assert client.get("/statistics").json() == before


def _comes_back(axial: Axial, client: httpx2.Client) -> None:
    """Prove that what is deleted with grace is gone, that it can come back as it was, and at last that its blobs go."""
    dicom = _another_patient()
    patient, study, _, instance = dicom.names.orthanc_ids
    kept_before = _files(axial)
    for path, content in (
        (f"/studies/{study}/metadata/1024", b"mine"),
        (f"/patients/{patient}/attachments/1024", b"nothing to be seen"),
    ):
        client.post("/instances", content=dicom.body).raise_for_status()
        client.put(path, content=content).raise_for_status()
    kept = _files(axial) - kept_before
    assert bool(kept) == bool(kept_before)
    statistics = client.get("/statistics").json()
    assert client.delete(f"/studies/{study}").json() == {"RemainingAncestor": None}
    assert client.get(f"/instances/{instance}/file").status_code == 404
    (deletion,) = client.get("/trash").json()
    assert (deletion["ID"], deletion["Level"], deletion["CountInstances"]) == (study, "Study", 1)
    path = f"/trash/{deletion['Deletion']}"
    restored = client.post(f"{path}/restore")
    expected = {"ID": study, "Path": f"/studies/{study}", "Type": "Study"}
    assert (restored.status_code, restored.json()) == (200, expected)
    assert client.get(f"/instances/{instance}/file").content == dicom.body
    assert client.get(f"/instances/{instance}/simplified-tags").json()["PatientID"] == (
        dicom.names.patient_id
    )
    assert client.get(f"/studies/{study}/metadata/1024").text == "mine"
    attached = client.get(f"/patients/{patient}/attachments/1024/data").content
    assert attached == b"nothing to be seen"
    assert client.get("/statistics").json() == statistics
    newest = client.get("/v2/changefeed?includeMetadata=false").json()[-2:]
    assert [entry["Action"] for entry in newest] == ["delete", "create"]
    assert client.delete(path).status_code == client.post(f"{path}/restore").status_code == 404
    client.post("/tools/bulk-delete", json={"Resources": [study]}).raise_for_status()
    (again,) = client.get("/trash").json()
    # Whatever is swept and collected meanwhile.
    assert kept <= _files(axial)
    assert client.delete(f"/trash/{again['Deletion']}").json() == {}
    assert client.get("/trash").json() == []
    eventually_sync(lambda: not kept & _files(axial))


def _files(axial: Axial) -> set[str]:
    """Name the blobs in the store; none that is in S3."""
    return {path.name for path in axial.folder.rglob("blobs/**/*") if path.is_file()}


@pytest.mark.parametrize(
    ("blobs", "mode"),
    [("directory", "Recycle"), pytest.param("s3", "Reject", marks=pytest.mark.long)],
)
def test_what_is_kept_and_how(own_data: Path, blobs: str, mode: str) -> None:
    """With StorageCompression all readers get what was sent; with limits, the oldest goes, or the newest is refused.

    With DeletionGrace, what was deleted can come back. The log, the index and the blobs agree on what is kept.
    """
    options = {
        "StorageCompression": True,
        "MaximumPatientCount": 2,
        "MaximumStorageMode": mode,
        "DeletionGrace": 3600,
    }
    with running(own_data, Wishes(blobs, options)) as axial:
        with axial.client() as client:
            assert client.get("/system").json()["StorageCompression"] is True
            dicom = DicomMaker(per_series=1).make(0)
            assert client.post("/instances", content=dicom.body).status_code == 200
            _, study, _, instance = dicom.names.orthanc_ids
            attached = f"/studies/{study}/attachments/1025"
            notes = b"nothing to be seen. " * 100
            assert client.put(attached, content=notes).is_success
            for base, content in (
                (f"/instances/{instance}/attachments/dicom", dicom.body),
                (attached, notes),
            ):
                assert client.get(f"{base}/is-compressed").text == "1"
                kept = client.get(f"{base}/compressed-data").content
                assert _unpacked(kept) == content
                assert client.get(f"{base}/data").content == content
                assert client.get(f"{base}/compressed-md5").text == _md5(kept)
                assert client.get(f"{base}/md5").text == _md5(content)
                assert client.post(f"{base}/verify-md5").json() == {}
            assert client.get(f"/instances/{instance}/file").content == dicom.body
            part = client.get(
                f"/instances/{instance}/attachments/dicom/data",
                headers={"Range": "bytes=9000-9099"},
            )
            assert part.content == dicom.body[9000:9100]
            assert client.get(f"/instances/{instance}/preview").status_code == 200
            with ZipFile(BytesIO(client.get(f"/studies/{study}/archive").content)) as archive:
                assert archive.read(archive.namelist()[0]) == dicom.body
            told = client.get("/statistics").json()
            assert (
                int(told["TotalDiskSize"])
                < int(told["TotalUncompressedSize"])
                == len(dicom.body) + len(notes)
            )
            _comes_back(axial, client)
            if mode == "Recycle":
                _recycles(client, dicom.names.orthanc_ids[0])
            else:
                asyncio.run(_rejects(axial, client))
        verified = axial.run("verify")
        assert verified.returncode == 0, verified.stdout
