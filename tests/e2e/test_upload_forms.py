"""An upload in each of the forms Orthanc takes, and the answers to those it does not."""

import gzip
import io
import json
import socket
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from select import select
from urllib.parse import urlsplit

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.feeds import get_json
from support.system import Axial, Wishes, running
from support.waiting import until

pytestmark = pytest.mark.e2e


@pytest.fixture
def maker() -> DicomMaker:
    """Give files that no other test has."""
    return DicomMaker()


def _answer(dicom: Dicom, status: str) -> dict[str, str]:
    """Write the six fields Orthanc answers an upload with."""
    patient, study, series, instance = dicom.names.orthanc_ids
    return {
        "ID": instance,
        "ParentPatient": patient,
        "ParentSeries": series,
        "ParentStudy": study,
        "Path": f"/instances/{instance}",
        "Status": status,
    }


async def _are_there(client: httpx2.AsyncClient, *dicoms: Dicom) -> bool:
    """Whether all are answered, byte-identical."""
    for dicom in dicoms:
        answer = await client.get(f"/instances/{dicom.id}/file")
        if answer.status_code != 200 or answer.content != dicom.body:
            return False
    return True


def _zip(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


async def test_raw(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """A raw file is answered with six fields, and the second time with AlreadyStored."""
    dicom = maker.make(0)
    first = await client.post("/instances", content=dicom.body)
    second = await client.post("/instances", content=dicom.body)
    assert (first.status_code, first.json()) == (200, _answer(dicom, "Success"))
    assert (second.status_code, second.json()) == (200, _answer(dicom, "AlreadyStored"))
    assert await _are_there(client, dicom)


async def test_another_content_of_the_same_names_is_not_taken(
    client: httpx2.AsyncClient, maker: DicomMaker
) -> None:
    """With OverwriteInstances at its default, the first content stays."""
    first, other = maker.make(0), maker.make(0, revision=1)
    assert (first.id, first.body != other.body) == (other.id, True)
    await client.post("/instances", content=first.body)
    answer = await client.post("/instances", content=other.body)
    assert answer.json() == _answer(other, "AlreadyStored")
    assert await _are_there(client, first)


async def test_gzip(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """A gzipped body is stored inflated."""
    dicom = maker.make(0)
    answer = await client.post(
        "/instances", content=gzip.compress(dicom.body), headers={"Content-Encoding": "gzip"}
    )
    assert answer.json() == _answer(dicom, "Success")
    assert await _are_there(client, dicom)


async def test_damaged_gzip(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """A gzipped body cut short is refused, and stores nothing."""
    dicom = maker.make(0)
    answer = await client.post(
        "/instances", content=gzip.compress(dicom.body)[:-100], headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 400
    assert (await client.get(f"/instances/{dicom.id}")).status_code == 404


async def test_form(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """One file of a form is answered as an object."""
    dicom = maker.make(0)
    answer = await client.post("/instances", files={"file": ("a.dcm", dicom.body)})
    assert answer.json() == _answer(dicom, "Success")
    assert await _are_there(client, dicom)


async def test_form_of_several(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """Several files of a form are answered as an array, in their order."""
    dicoms = [maker.make(serial) for serial in range(3)]
    files = [("files", (f"{dicom.id}.dcm", dicom.body)) for dicom in dicoms]
    answer = await client.post("/instances", files=files)
    assert answer.json() == [_answer(dicom, "Success") for dicom in dicoms]
    assert await _are_there(client, *dicoms)


async def test_zip(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """The DICOM members of a ZIP are answered as an array; what is not DICOM is passed over."""
    dicoms = [maker.make(serial) for serial in range(12)]
    await client.post("/instances", content=dicoms[3].body)
    members = {f"folder/{number}": dicom.body for number, dicom in enumerate(dicoms)}
    answer = await client.post(
        "/instances", content=_zip({"README": b"not DICOM", "empty": b"", **members})
    )
    assert answer.status_code == 200
    expected = [_answer(d, "AlreadyStored" if d is dicoms[3] else "Success") for d in dicoms]
    assert answer.json() == expected
    assert await _are_there(client, *dicoms)


async def test_damaged_zip(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """A ZIP cut short is refused, and stores nothing."""
    dicom = maker.make(0)
    answer = await client.post("/instances", content=_zip({"one": dicom.body})[:-40])
    assert answer.status_code == 400
    assert (await client.get(f"/instances/{dicom.id}")).status_code == 404


async def test_chunked(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """A body of unknown length is stored like any other."""
    dicom = maker.make(0)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(dicom.body), 1000):
            yield dicom.body[at : at + 1000]

    answer = await client.post("/instances", content=pieces())
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.json() == _answer(dicom, "Success")
    assert await _are_there(client, dicom)


@pytest.mark.parametrize("body", [b"", b"not DICOM at all", b"\0" * 128 + b"DICM"])
async def test_not_dicom(client: httpx2.AsyncClient, body: bytes) -> None:
    """What is no DICOM file is refused as Orthanc refuses it, with the reason."""
    answer = await client.post("/instances", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    problem = answer.json()
    assert problem["HttpStatus"] == 400
    assert problem["OrthancStatus"] == 15
    assert (problem["Method"], problem["Uri"]) == ("POST", "/instances")
    assert problem["Details"]


async def test_respond_async(client: httpx2.AsyncClient, maker: DicomMaker) -> None:
    """Who does not want to wait gets 202 with the event's sequence; the instance follows."""
    dicom = maker.make(0)
    answer = await client.post(
        "/instances", content=dicom.body, headers={"Prefer": "respond-async"}
    )
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    accepted = answer.json()
    assert accepted.pop("Sequence") > 0
    assert accepted == _answer(dicom, "Accepted")
    await until(lambda: _are_there(client, dicom))


def test_declared_too_large(axial: Axial) -> None:
    """A body declared larger than the limit is answered 413 before a byte of it was sent."""
    address = urlsplit(axial.url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as connection:
        connection.sendall(
            b"POST /instances HTTP/1.1\r\nHost: axial\r\nContent-Length: %d\r\n\r\n" % (1 << 50)
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.fixture(scope="module")
def small_system(module_data: Path) -> Iterator[Axial]:
    """Run a system that accepts one MiB."""
    with running(module_data, Wishes(configuration={"MaximumUploadSize": 1})) as system:
        yield system


async def test_too_large(small_system: Axial, maker: DicomMaker) -> None:
    """Beyond MaximumUploadSize everything is 413: a declared, a chunked and an inflated body."""
    body = maker.make(0).body + b"\0" * (1 << 20)
    async with small_system.async_client() as client:
        declared = await client.post("/instances", content=body)
        chunked = await client.post("/instances", content=_one_piece(body))
        inflated = await client.post(
            "/instances", content=gzip.compress(body), headers={"Content-Encoding": "gzip"}
        )
        member = await client.post("/instances", content=_zip({"one": body}))
        for answer in (declared, chunked, inflated, member):
            assert answer.status_code == 413
            assert json.loads(answer.text)["HttpStatus"] == 413
        assert (await get_json(client, "/statistics"))["CountInstances"] == 0


def test_too_large_for_a_sender_who_asks(small_system: Axial, maker: DicomMaker) -> None:
    """With `Expect: 100-continue` the answer is 413 as well, and the next upload is served."""
    port = int(small_system.url.rpartition(":")[2])
    body = bytes(4 << 20)
    with small_system.client() as client:
        for serial in range(10):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(
                    b"POST /instances HTTP/1.1\r\nHost: axial\r\nExpect: 100-continue\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body)
                )
                # curl too waits a second for the word, then sends without it.
                select([connection], [], [], 1.0)
                with suppress(ConnectionError):
                    connection.sendall(body)
                answer = connection.recv(65536).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
                answer = answer or connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 413 ")
            upload = client.post("/instances", content=maker.make(serial).body)
            assert upload.status_code == 200


async def _one_piece(body: bytes) -> AsyncIterator[bytes]:
    yield body
