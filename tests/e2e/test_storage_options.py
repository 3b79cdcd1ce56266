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


@pytest.mark.parametrize(("blobs", "mode"), [("directory", "Recycle"), ("s3", "Reject")])
def test_what_is_kept_and_how(own_data: Path, blobs: str, mode: str) -> None:
    """With StorageCompression all readers get what was sent; with limits, the oldest goes, or the newest is refused.

    The log, the index and the blobs agree on what is kept.
    """
    options = {"StorageCompression": True, "MaximumPatientCount": 2, "MaximumStorageMode": mode}
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
            if mode == "Recycle":
                _recycles(client, dicom.names.orthanc_ids[0])
            else:
                asyncio.run(_rejects(axial, client))
        verified = axial.run("verify")
        assert verified.returncode == 0, verified.stdout
