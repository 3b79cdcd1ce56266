"""What is sent to peers over REST: by jobs on a real Postgres, or straight; the peers are real servers."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian
from support.http_peer import Asked, Says, http_peer

from axial.common.clients.index_files import IndexFiles
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.parts import Parts
from axial.router.peers.opening import open_peers

pytestmark = pytest.mark.integration

Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]
Open = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

IDS = [f"{number:08d}" + "-00000000" * 4 for number in range(3)]
STUDY = "99999999" + "-00000000" * 4
FILE = b"DICOM" * 100
RLE = "1.2.840.10008.1.2.5"
WRITTEN = b"RLE"
ANSWER = {"ID": IDS[0], "Path": f"/instances/{IDS[0]}", "Status": "Success"}
SUCCESS = Says(200, json.dumps(ANSWER).encode())


def _index(_: httpx2.Request) -> httpx2.Response:
    rows = [[one, "1.2", f"1.3.{one[:8]}", "1.2.840.10008.1.2", 500, "md5"] for one in IDS]
    resources = [{"ID": STUDY, "Type": "Study"}]
    return httpx2.Response(200, json={"Resources": resources, "Instances": rows})


def _file(asked: Asked) -> Says:
    if not asked.path.endswith(f"/file?transcode={RLE}"):
        return Says(200, FILE)
    return Says(415) if IDS[1] in asked.path else Says(200, WRITTEN)


@pytest.fixture
def opened(parts: Parts, neighbours: Any, asking: Asking) -> Open:
    """Open jobs and peers, of which `ours` is a server that answers as a test says."""
    neighbours.answers["/internal/outbound"] = _index

    @asynccontextmanager
    async def opening(
        answer: Callable[[Asked], Says], **options: object
    ) -> AsyncIterator[httpx2.AsyncClient]:
        async with http_peer(_file) as index, http_peer(answer) as server:
            files = IndexFiles(index.url, parts.settings.internal_token)
            changed = parts.configuration.model_copy(update=options)
            with_files = replace(parts, files=files, configuration=changed)
            jobs = prepare_jobs(with_files)
            async with (
                open_peers(with_files, jobs.jobs) as peers,
                open_jobs(with_files, jobs, [peers.store]) as routes,
                asking(routes, *peers.routes) as client,
            ):
                peer = {"Url": server.url, "HttpHeaders": {"X-Key": "secret"}}
                web = {**peer, "Protocol": "DICOMweb"}
                await client.put("/peers/ours", json=peer)
                await client.put("/peers/web", json=web)
                client.headers["X-Server"] = server.url
                yield client
            await files.aclose()

    return opening


async def test_store(opened: Open, parts: Parts) -> None:
    """Every instance is sent, once; the job tells, and keeps, what Orthanc's would, but for what headers say."""
    bodies: list[str] = []

    def answer(asked: Asked) -> Says:
        bodies.append(asked.headers.get("content-encoding", ""))
        return SUCCESS

    async with opened(answer) as client:
        told = await client.post("/peers/ours/store", content=STUDY)
        compressed = await client.post(
            "/peers/ours/store", json={"Resources": [STUDY], "Compress": True}
        )
        url = client.headers["X-Server"]
    assert told.json() == {
        "Compress": False,
        "Description": "REST API",
        "FailedInstancesCount": 0,
        "InstancesCount": 3,
        "ParentResources": [STUDY],
        "Peer": {"HttpHeaders": {"X-Key": ""}, "Pkcs11": False, "Timeout": 0, "Url": url},
        "Resources": [{"ID": STUDY, "Type": "Study"}],
        "Size": "1500",
        "SizeMB": 0,
    }
    assert 0 < int(compressed.json()["Size"]) < 1500
    assert bodies == ["", "", "", "gzip", "gzip", "gzip"]
    assert "secret" not in told.text
    kept = await parts.pool.fetchval("SELECT string_agg(jobs::text, ' ') FROM jobs")
    assert url in kept
    assert "secret" not in kept


async def test_a_store_in_another_transfer_syntax(opened: Open) -> None:
    """The index writes the files; what it cannot write goes as it is, as from Orthanc."""
    sizes: list[str] = []

    def answer(asked: Asked) -> Says:
        sizes.append(asked.headers["content-length"])
        return SUCCESS

    async with opened(answer) as client:
        wish = {"Resources": [STUDY], "Transcode": RLE}
        told = (await client.post("/peers/ours/store", json=wish)).json()
    assert sizes == [str(len(body)) for body in (WRITTEN, FILE, WRITTEN)]
    assert (told["Transcode"], told["Size"]) == (RLE, str(sum(map(int, sizes))))


async def test_a_store_that_is_refused(opened: Open) -> None:
    """It fails with the peer's status; a permissive one goes on, and counts."""
    refusals: list[int] = []

    def answer(_: Asked) -> Says:
        refusals.append(400)
        return Says(400, b"secret") if len(refusals) % 3 == 1 else SUCCESS

    async with opened(answer) as client:
        strict = await client.post("/peers/ours/store", content=STUDY)
        assert (strict.status_code, strict.json()["OrthancStatus"]) == (500, 9)
        assert "HTTP status 400" in strict.json()["Details"]
        assert "secret" not in strict.text
        (job,) = (await client.get("/jobs?expand")).json()
        assert job["Type"] == "OrthancPeerStore"
        assert job["State"] == "Failure"
        refusals.clear()
        permissive = {"Resources": [STUDY], "Permissive": True}
        told = (await client.post("/peers/ours/store", json=permissive)).json()
        assert (told["FailedInstancesCount"], told["InstancesCount"]) == (1, 3)


async def test_what_cannot_be_sent(opened: Open) -> None:
    """Bodies that name nothing, and peers that are gone; nothing is sent to whoever had the name before."""

    def answer(_: Asked) -> Says:
        raise AssertionError

    async with opened(answer) as client:
        for wrong in ({"Resources": [STUDY], "Compress": 1}, {"Resources": [5]}, {}):
            assert (await client.post("/peers/ours/store", json=wrong)).status_code == 400
        await client.delete("/peers/ours")
        assert (await client.post("/peers/ours/store", content=STUDY)).status_code == 404


async def test_straight(opened: Open) -> None:
    """What the peer says of the instance is answered; what is no such answer is told as an error."""
    filtered = Says(200, b'{"Status": "FilteredOut"}')
    refusals = [Says(400, b"{}"), Says(200, b"welcome"), Says(cut="body")]
    says = [SUCCESS, filtered, *refusals]
    lengths: list[str] = []

    def answer(asked: Asked) -> Says:
        lengths.append(asked.headers["content-length"])
        return says[len(lengths) - 1]

    async with opened(answer) as client:
        path = "/peers/ours/store-straight"
        told = [await client.post(path, content=FILE) for _ in says]
    assert [one.json() for one in told[:2]] == [ANSWER, {"Status": "FilteredOut"}]
    assert [(one.status_code, one.json()["OrthancStatus"]) for one in told[2:]] == [(500, 9)] * 3
    assert lengths == [str(len(FILE))] * 5


async def test_straight_has_the_limit_of_uploads(opened: Open) -> None:
    """Announced or not, what is too large is refused, and nothing whole reaches the peer."""
    asked: list[Asked] = []

    def answer(request: Asked) -> Says:
        asked.append(request)
        return SUCCESS

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield bytes(64 * 1024)

    async with opened(answer, maximum_upload_size=2) as client:
        for body in (bytes(2 * 1024 * 1024 + 1), pieces()):
            told = await client.post("/peers/ours/store-straight", content=body)
            assert told.status_code == 413
    assert len(asked) <= 1


async def test_a_dicomweb_server(opened: Open) -> None:
    """What it has stored straight is named as for a modality; it has no /system."""
    stored = {
        "00081150": {"vr": "UI", "Value": ["1.2"]},
        "00081155": {"vr": "UI", "Value": ["1.3"]},
    }
    told = Says(200, json.dumps({"00081199": {"vr": "SQ", "Value": [stored]}}).encode())
    async with opened(lambda _: told) as client:
        answer = await client.post("/peers/web/store-straight", content=FILE)
        assert answer.json() == {"SOPClassUID": "1.2", "SOPInstanceUID": "1.3"}
        assert (await client.get("/peers/web/system")).status_code == 400


_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<NativeDicomModel><DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence"><Item number="1">
  <DicomAttribute tag="00081150" vr="UI"><Value number="1">1.2</Value></DicomAttribute>
  <DicomAttribute tag="00081155" vr="UI"><Value number="1">1.3</Value></DicomAttribute>
</Item></DicomAttribute></NativeDicomModel>"""


async def test_what_a_dicomweb_server_has_stored_is_named(opened: Open) -> None:
    """By the server, in JSON or in XML; by the file itself when the server says 200 alone."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2")
    meta.MediaStorageSOPInstanceUID = UID("1.3")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = DicomBytesIO()
    file.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(file, meta, enforce_standard=False)
    says = [Says(200, _XML), Says(200), Says(200), Says(200, b"welcome"), Says(202)]
    async with opened(lambda _: says.pop(0)) as client:
        path = "/peers/web/store-straight"
        for body in (FILE, file.getvalue()):
            answer = await client.post(path, content=body)
            assert answer.json() == {"SOPClassUID": "1.2", "SOPInstanceUID": "1.3"}
        cut_short = await client.post(path, content=file.getvalue()[:142])
        assert cut_short.json() == {"SOPClassUID": "", "SOPInstanceUID": ""}
        for _ in range(2):
            assert (await client.post(path, content=FILE)).status_code == 500


async def test_system(opened: Open) -> None:
    """What the peer says of itself is answered, if it is an Orthanc that does."""
    says = [
        Says(200, b'{"Name": "far"}'),
        Says(200, b"welcome"),
        Says(200, b"[]"),
        Says(200, b'{"Name": NaN}'),
        Says(200, endless="body"),
        Says(302, headers={"Location": "http://127.0.0.1:1/"}),
        Says(401),
        Says(503, b"secret"),
    ]
    async with opened(lambda _: says.pop(0)) as client:
        assert (await client.get("/peers/ours/system")).json() == {"Name": "far"}
        while says:
            answer = await client.get("/peers/ours/system")
            assert (answer.status_code, answer.json()["OrthancStatus"]) == (500, 9)
            assert "secret" not in answer.text
