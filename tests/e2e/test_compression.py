"""Attachments in Orthanc's compressed form, by URL: nothing changes but what is on disk, whoever else is at it."""

import asyncio
import hashlib
import struct
import zlib

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.feeds import get_json, last_change

pytestmark = pytest.mark.e2e

_ROUNDS = 6


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _unpacked(form: bytes) -> bytes:
    """Unpack as an Orthanc client does."""
    (size_bytes,) = struct.unpack_from("<Q", form)
    file = zlib.decompress(form[8:])
    assert len(file) == size_bytes
    return file


async def test_a_session_with_an_instance_and_an_attachment(client: httpx2.AsyncClient) -> None:
    """Compressed and back: files and ranges are the same throughout, facts and feeds are Orthanc's."""
    dicom = DicomMaker(per_series=1).make(0)
    assert (await client.post("/instances", content=dicom.body)).status_code == 200
    _, study, _, instance = dicom.names.orthanc_ids
    notes = b"nothing to be seen. " * 100
    since = await last_change(client)
    assert (await client.put(f"/studies/{study}/attachments/1025", content=notes)).is_success
    for base, content in (
        (f"/instances/{instance}/attachments/dicom", dicom.body),
        (f"/studies/{study}/attachments/1025", notes),
    ):
        for revision, operation in enumerate(("compress", "uncompress"), start=1):
            is_compressed = operation == "compress"
            for _ in range(2):
                answer = await client.post(f"{base}/{operation}")
                assert (answer.status_code, answer.json()) == (200, {})
            kept = await client.get(f"{base}/compressed-data")
            assert kept.headers["etag"] == f'"{revision}-{_md5(content)}"'
            assert (_unpacked(kept.content) if is_compressed else kept.content) == content
            info = await get_json(client, f"{base}/info")
            assert info["CompressedSize"] == len(kept.content)
            assert info["CompressedMD5"] == _md5(kept.content)
            assert (await client.get(f"{base}/is-compressed")).text == str(int(is_compressed))
            assert (await client.get(f"{base}/data")).content == content
            part = await client.get(f"{base}/data", headers={"Range": "bytes=100-199"})
            assert (part.status_code, part.content) == (206, content[100:200])
            assert (await client.post(f"{base}/verify-md5")).json() == {}
    assert (await client.get(f"/instances/{instance}/file")).content == dicom.body
    page = await get_json(client, "/changes", since=since)
    told = [(change["ChangeType"], change["ID"]) for change in page["Changes"]]
    assert told.count(("UpdatedAttachment", study)) == 3
    assert not any(kind == "UpdatedAttachment" and id_ == instance for kind, id_ in told)


async def test_everybody_at_once(client: httpx2.AsyncClient) -> None:
    """Compressing, overwriting and reading side by side: the last bytes written are there, whole, in one form."""
    dicom = DicomMaker(per_series=1).make(0)
    assert (await client.post("/instances", content=dicom.body)).status_code == 200
    _, _, _, instance = dicom.names.orthanc_ids
    file, notes = f"/instances/{instance}", f"/instances/{instance}/attachments/1025"
    assert (await client.put(notes, content=b"written 0")).status_code == 200

    async def command(path: str) -> None:
        for number in range(_ROUNDS):
            answer = await client.post(f"{path}/{('compress', 'uncompress')[number % 2]}")
            # Who loses to all the others is told so, and has changed nothing.
            assert answer.status_code in (200, 409)

    async def write() -> None:
        for number in range(1, _ROUNDS):
            assert (await client.put(notes, content=b"written %d" % number)).status_code == 200

    async def read() -> None:
        for _ in range(_ROUNDS):
            assert (await client.get(f"{file}/file")).content == dicom.body
            assert (await client.get(f"{notes}/data")).content.startswith(b"written")

    await asyncio.gather(
        *(command(f"{file}/attachments/dicom") for _ in range(3)),
        *(command(notes) for _ in range(2)),
        write(),
        read(),
        read(),
    )
    assert (await client.get(f"{notes}/data")).content == b"written %d" % (_ROUNDS - 1)
    for path in (f"{file}/attachments/dicom", notes):
        assert (await client.post(f"{path}/verify-md5")).json() == {}
    assert (await client.delete(f"/instances/{instance}")).status_code == 200
    for path in (f"{file}/attachments/dicom", notes):
        assert (await client.post(f"{path}/compress")).status_code == 404
