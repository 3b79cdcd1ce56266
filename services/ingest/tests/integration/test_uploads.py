"""POST /instances against the real log and both blob stores."""

import asyncio
import gzip
import hashlib
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from axial.common.blobs import BlobStore
from axial.common.events import InstanceReceived
from axial.common.identifiers import resource_ids
from axial.common.recorded import Recorded
from axial.common.testing.dicom_files import dicom_file, shipped_file, shipped_files
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_SIX_FIELDS = ["ID", "ParentPatient", "ParentSeries", "ParentStudy", "Path", "Status"]
_LIMIT_BYTES = 4 * 1024 * 1024


def _instance(number: int) -> bytes:
    return dicom_file(SOPInstanceUID=f"1.2.3.{number}")


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _received(recorded: list[Recorded]) -> list[InstanceReceived]:
    return [one.event for one in recorded if isinstance(one.event, InstanceReceived)]


async def _stored(blobs: BlobStore) -> list[str]:
    return [blob.key async for blob in blobs.list() if blob.key[:1].isdigit()]


async def test_every_shipped_file_is_stored_identical_or_refused_with_a_reason(
    client: httpx2.AsyncClient, blobs: BlobStore, recorded: list[Recorded]
) -> None:
    """Each file of pydicom and pydicom-data is kept byte for byte, or refused with a 400 that says why."""
    stored = refused = 0
    for path in shipped_files():
        content = path.read_bytes()
        if len(content) > _LIMIT_BYTES or content.startswith(b"PK"):
            continue
        answer = await client.post("/instances", content=content)
        if answer.status_code == 400:
            assert answer.json()["OrthancStatus"] == 15, path.name
            assert answer.json()["Details"], path.name
            refused += 1
            continue
        assert answer.status_code == 200, path.name
        event = _received(recorded)[-1]
        kept = await blobs.read(event.blob_key)
        assert kept == content, path.name
        assert event.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert event.size_bytes == len(content)
        assert (
            answer.json()["ID"]
            == resource_ids(
                event.patient_id,
                event.study_instance_uid,
                event.series_instance_uid,
                event.sop_instance_uid,
            ).instance
        )
        stored += 1
    assert stored > 100
    assert refused > 5
    # What was refused left nothing: one blob for each event, none beside.
    events = _received(recorded)
    keys = [event.blob_key for event in events] + [
        event.header_blob_key for event in events if event.header_blob_key
    ]
    assert sorted(await _stored(blobs)) == sorted(keys)


async def test_answer_has_orthancs_six_fields(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """The answer has exactly Orthanc's fields; a second upload of the same is AlreadyStored."""
    first = await client.post("/instances", content=_instance(1))
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert list(first.json()) == _SIX_FIELDS
    ids = resource_ids("P1", "1.2", "1.2.3", "1.2.3.1")
    assert first.json() == {
        "ID": ids.instance,
        "ParentPatient": ids.patient,
        "ParentSeries": ids.series,
        "ParentStudy": ids.study,
        "Path": f"/instances/{ids.instance}",
        "Status": "Success",
    }
    second = await client.post("/instances", content=_instance(1))
    assert second.json() == first.json() | {"Status": "AlreadyStored"}


async def test_origin_is_recorded(client: httpx2.AsyncClient, recorded: list[Recorded]) -> None:
    """The event tells who sent the instance, and from where."""
    await client.post("/instances", content=_instance(1))
    (event,) = _received(recorded)
    assert event.origin.model_dump() == {
        "protocol": "RestApi",
        "remote_ip": "192.0.2.7",
        "remote_aet": "",
        "called_aet": "",
        "http_username": "alice",
    }


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 1000):
        yield content[at : at + 1000]


@pytest.mark.parametrize("packing", ["plain", "gzip", "pieces", "gzip in pieces"])
async def test_packing_does_not_matter(
    client: httpx2.AsyncClient, blobs: BlobStore, recorded: list[Recorded], packing: str
) -> None:
    """Gzipped or not, with or without Content-Length: the same bytes are stored."""
    content = shipped_file("MR_small.dcm").read_bytes()
    is_gzip = "gzip" in packing
    body = gzip.compress(content) if is_gzip else content
    answer = await client.post(
        "/instances",
        content=_in_pieces(body) if "pieces" in packing else body,
        headers={"Content-Encoding": "gzip"} if is_gzip else {},
    )
    assert answer.status_code == 200
    assert await blobs.read(_received(recorded)[0].blob_key) == content


async def test_form_with_one_file_answers_an_object(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """A form with one file is answered like the file itself."""
    answer = await client.post(
        "/instances", data={"note": "x"}, files={"file": ("1.dcm", _instance(1))}
    )
    assert list(answer.json()) == _SIX_FIELDS


async def test_form_with_several_files_answers_an_array(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """A form with several files, one of them a ZIP, is answered with one object for each instance."""
    answer = await client.post(
        "/instances",
        files=[
            ("a", ("1.dcm", _instance(1))),
            ("a", ("2.zip", _zip({"2": _instance(2), "3": _instance(3)}))),
            ("b", ("4.dcm", _instance(4))),
        ],
    )
    assert answer.status_code == 200
    expected = [resource_ids("P1", "1.2", "1.2.3", f"1.2.3.{n}").instance for n in (1, 2, 3, 4)]
    assert [one["ID"] for one in answer.json()] == expected


async def test_form_names_the_refused_file(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """A form is refused at its first file that is not DICOM, which is named by its place."""
    files = [("f", ("1", _instance(1))), ("f", ("2", b"text")), ("f", ("3", _instance(3)))]
    answer = await client.post("/instances", files=files)
    assert answer.status_code == 400
    assert answer.json()["Details"].startswith("File 2 of the form: ")
    assert len(_received(recorded)) == 1


async def test_form_without_files_is_refused(client: httpx2.AsyncClient) -> None:
    """A form that holds no file is a bad request."""
    boundary = "abc"
    body = b'--abc\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--abc--\r\n'
    answer = await client.post(
        "/instances",
        content=body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("is_gzip", [False, True])
async def test_archive_answers_an_array(
    client: httpx2.AsyncClient,
    blobs: BlobStore,
    recorded: list[Recorded],
    is_gzip: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A ZIP stores its DICOM members, in its order, and passes over what is none."""
    members = {f"{n % 3}/{n}.dcm": _instance(n) for n in range(30)}
    whole = _zip({"readme.txt": b"text", "DICOMDIR": b"x", **members})
    answer = await client.post(
        "/instances",
        content=gzip.compress(whole) if is_gzip else whole,
        headers={"Content-Encoding": "gzip"} if is_gzip else {},
    )
    assert answer.status_code == 200
    expected = [resource_ids("P1", "1.2", "1.2.3", f"1.2.3.{n}").instance for n in range(30)]
    assert [one["ID"] for one in answer.json()] == expected
    kept = {await blobs.read(event.blob_key) for event in _received(recorded)}
    assert kept == set(members.values())


async def test_archive_without_dicom_answers_an_empty_array(client: httpx2.AsyncClient) -> None:
    """Like Orthanc's, a ZIP of other things is no error."""
    answer = await client.post("/instances", content=_zip({"a.txt": b"text"}))
    assert (answer.status_code, answer.json()) == (200, [])


async def test_large_archive_member_goes_through_the_disk(
    client: httpx2.AsyncClient, blobs: BlobStore, recorded: list[Recorded]
) -> None:
    """A member larger than what is kept in memory is stored byte for byte as well."""
    content = dicom_file() + _pixels(3 * 1024 * 1024)
    answer = await client.post("/instances", content=_zip({"1": content}))
    assert answer.json()[0]["Status"] == "Success"
    assert await blobs.read(_received(recorded)[0].blob_key) == content


def _pixels(size_bytes: int) -> bytes:
    return b"\xe0\x7f\x10\x00OW\0\0" + size_bytes.to_bytes(4, "little") + bytes(size_bytes)


async def test_refusal_is_orthancs_error(client: httpx2.AsyncClient, blobs: BlobStore) -> None:
    """What is not DICOM gets Orthanc's error 15 with the reason, as text, and leaves nothing."""
    answer = await client.post("/instances", content=b"no DICOM at all")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    error = json.loads(answer.text)
    assert error["OrthancStatus"] == 15
    assert error["Details"] == "The body is not a DICOM file"
    assert await _stored(blobs) == []


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Encoding": "gzip"}, b"not gzip"),
        ({"Content-Encoding": "br"}, b"x"),
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({}, b"PK\x03\x04 and nothing more"),
        ({}, b""),
    ],
)
async def test_damaged_packing_is_refused(
    client: httpx2.AsyncClient, blobs: BlobStore, headers: dict[str, str], body: bytes
) -> None:
    """A body that cannot be unpacked is the sender's fault, and leaves nothing."""
    answer = await client.post("/instances", content=body, headers=headers)
    assert answer.status_code == 400
    assert await _stored(blobs) == []


@pytest.mark.parametrize("packing", ["plain", "pieces", "gzip", "zip"])
async def test_too_large_is_413(
    client: httpx2.AsyncClient, blobs: BlobStore, packing: str, tmp_path: Path
) -> None:
    """A body over the limit is refused, told its size or not, packed or not, and leaves nothing."""
    content = dicom_file() + _pixels(_LIMIT_BYTES)
    body = {"gzip": gzip.compress, "zip": lambda whole: _zip({"1": whole})}.get(packing, bytes)(
        content
    )
    answer = await client.post(
        "/instances",
        content=_in_pieces(body) if packing == "pieces" else body,
        headers={"Content-Encoding": "gzip"} if packing == "gzip" else {},
    )
    assert answer.status_code == 413
    assert await _stored(blobs) == []
    assert list((tmp_path / "spool").iterdir()) == []


async def test_preference_not_to_wait(client: httpx2.AsyncClient, recorded: list[Recorded]) -> None:
    """`Prefer: respond-async` is answered 202 with the event's sequence, and acknowledged."""
    answer = await client.post(
        "/instances", content=_instance(1), headers={"Prefer": "wait=5, Respond-Async"}
    )
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert list(answer.json()) == [*_SIX_FIELDS, "Sequence"]
    assert answer.json()["Status"] == "Accepted"
    await eventually(lambda: [one.sequence for one in recorded] == [answer.json()["Sequence"]])


async def test_silent_index_does_not_stop_ingest(
    client: httpx2.AsyncClient,
    blobs: BlobStore,
    recorded: list[Recorded],
    answering: asyncio.Event,
) -> None:
    """Without the index an upload is kept and answered 202; an archive waits once, not for each member."""
    answering.clear()
    answer = await client.post("/instances", content=_instance(1))
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers
    assert await blobs.read(_received(recorded)[0].blob_key) == _instance(1)
    started = time.monotonic()
    answer = await client.post(
        "/instances", content=_zip({str(n): _instance(n) for n in range(40)})
    )
    assert answer.status_code == 202
    assert [one["Status"] for one in answer.json()] == ["Accepted"] * 40
    assert time.monotonic() - started < 20


async def test_concurrent_uploads_all_arrive(
    client: httpx2.AsyncClient, blobs: BlobStore, recorded: list[Recorded]
) -> None:
    """Uploads at the same time do not mix: each instance has its own bytes."""
    contents = [_instance(number) for number in range(100)]
    answers = await asyncio.gather(
        *(client.post("/instances", content=content) for content in contents)
    )
    assert {answer.json()["Status"] for answer in answers} == {"Success"}
    kept = {await blobs.read(event.blob_key) for event in _received(recorded)}
    assert kept == set(contents)


async def test_health_and_metrics(client: httpx2.AsyncClient, recorded: list[Recorded]) -> None:
    """Ingest is ready when log and blobs are; its metrics name the route, not the instance."""
    assert (await client.get("/readyz")).json() == {"log": "ok", "blobs": "ok"}
    await client.post("/instances", content=_instance(1))
    metrics = (await client.get("/metrics")).text
    assert 'axial_ingest_instances_total{outcome="stored"} 1.0' in metrics
    assert 'method="POST",route="/instances",status="200"' in metrics
    assert "1.2.3.1" not in metrics


async def test_credentials_are_required(client: httpx2.AsyncClient) -> None:
    """A stranger stores nothing."""
    answer = await client.post("/instances", content=_instance(1), auth=("alice", "guess"))
    assert answer.status_code == 401
