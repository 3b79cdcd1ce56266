"""ZIP archives and media over HTTP: what is in them, and what is refused."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from pydicom import dcmread
from support.archive import Archive
from support.images import store_file
from support.media import file_set, unpacked, write_medium

from axial.common.blobs.zlib_form import Deflater
from axial.common.events import AttachmentCompressionChangeRequested
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.dicom_files import dicom_file, shipped_file
from axial.common.testing.facts import instance_received
from axial.index.router_client import RouterClient

pytestmark = pytest.mark.integration

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
MPEG = "1.2.840.10008.1.2.4.102"
RLE = "1.2.840.10008.1.2.5"
IDS = resource_ids("P", "1", "1.1", "1.1.1")
SECOND = resource_ids("P", "1", "1.1", "1.1.2")
THIRD = resource_ids("P", "1", "1.2", "1.2.1")
FOURTH = resource_ids("P", "2", "2.1", "2.1.1")
FIFTH = resource_ids("Q", "3", "3.1", "3.1.1")
NOBODY = resource_ids("nobody", "1", "1", "1").patient

FIRST_SERIES = {
    "P DOE JOHN/Brain/CT T1/CT000000.dcm": b"first",
    "P DOE JOHN/Brain/CT T1/CT000001.dcm": b"second",
}
FIRST_STUDY = {**FIRST_SERIES, "P DOE JOHN/Brain/MR T1/MR000000.dcm": b"third"}


async def store(archive: Archive, ids: str, content: str, **tags: Any) -> None:
    """Store an instance whose file is its content."""
    patient, study, series, instance = ids.split("/")
    event = instance_received(patient, study, series, instance, content=content, **tags)
    await archive.blobs.put(event.blob_key, content.encode())
    await archive.project(event)


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store the studies of two patients; the first patient's disagree about the name."""
    tags: dict[str, Any] = {
        "PatientName": "DOE^JOHN",
        "StudyDescription": "Brain",
        "SeriesDescription": "T1",
    }
    await store(archive, "P/1/1.1/1.1.1", "first", **tags)
    await store(archive, "P/1/1.1/1.1.2", "second", **tags)
    await store(archive, "P/1/1.2/1.2.1", "third", **tags, Modality="MR")
    await store(archive, "P/2/2.1/2.1.1", "fourth", **{**tags, "PatientName": "ROE^JANE"})
    await store(archive, "Q/3/3.1/3.1.1", "fifth", PatientName="Müller")
    return archive


async def asked(archive: Archive, path: str, body: Any = None) -> dict[str, bytes]:
    """Ask for an archive, by POST when there is a body, and unpack it."""
    if body is None:
        response = await archive.get(path)
    else:
        response = await archive.client.post(path, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    assert "content-length" not in response.headers
    return unpacked(response.content)


def shipped_uid(name: str) -> str:
    """Read the SOP instance of a shipped file."""
    return str(dcmread(shipped_file(name), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


async def test_one_resource(filled: Archive) -> None:
    """Each instance is there under the names of its patient, its study and its series; by GET and by POST."""
    for path, expected in (
        (f"/series/{IDS.series}", FIRST_SERIES),
        (f"/studies/{IDS.study}", FIRST_STUDY),
    ):
        assert await asked(filled, f"{path}/archive") == expected
        assert await asked(filled, f"{path}/archive", {}) == expected
        assert await asked(filled, f"{path}/archive?filename=x.zip", []) == expected


async def test_a_patient(filled: Archive) -> None:
    """A patient's archive has all studies, one after the other; two of one name are told apart."""
    found = await asked(filled, f"/patients/{IDS.patient}/archive")
    first, second = sorted([IDS.study, FOURTH.study])
    names = {first: "Brain", second: "Brain-2"}
    assert {name: data for name, data in found.items() if data == b"fourth"} == {
        f"P DOE JOHN/{names[FOURTH.study]}/CT T1/CT000000.dcm": b"fourth"
    }
    assert sorted(found.values()) == [b"first", b"fourth", b"second", b"third"]
    assert f"P DOE JOHN/{names[IDS.study]}/MR T1/MR000000.dcm" in found


async def test_patient_of_a_study(filled: Archive) -> None:
    """The patient of a study's archive is called as the study says, the patient of a patient's as the first one did."""
    assert list(await asked(filled, f"/studies/{FOURTH.study}/archive")) == [
        "P ROE JANE/Brain/CT T1/CT000000.dcm"
    ]
    assert list(await asked(filled, f"/series/{FOURTH.series}/archive")) == [
        "P DOE JOHN/Brain/CT T1/CT000000.dcm"
    ]


async def test_several_resources(filled: Archive) -> None:
    """Resources of any levels come in one archive, each instance once."""
    named = [IDS.instance, FIFTH.patient, IDS.instance, THIRD.series, THIRD.instance]
    expected = {b"first", b"third", b"fifth"}
    for found in (
        await asked(filled, "/tools/create-archive", named),
        await asked(filled, "/tools/create-archive", {"Resources": named}),
        await asked(filled, f"/tools/create-archive?resources={','.join(named)}"),
    ):
        assert set(found.values()) == expected
        assert len(found) == 3
        assert found["P DOE JOHN/Brain/MR T1/MR000000.dcm"] == b"third"
        assert found["Q Mller/Unknown Study/CT/CT000000.dcm"] == b"fifth"


async def test_instances_in_the_order_in_which_they_are_named(filled: Archive) -> None:
    """The instances of one series are numbered as they are named."""
    found = await asked(filled, "/tools/create-archive", [SECOND.instance, IDS.instance])
    assert list(found.values()) == [b"second", b"first"]


async def test_nothing(filled: Archive) -> None:
    """An archive of nothing is empty, but for its DICOMDIR."""
    for path, expected in (
        ("create-archive", []),
        ("create-media", ["DICOMDIR"]),
        ("create-media-extended", ["DICOMDIR"]),
    ):
        assert list(await asked(filled, f"/tools/{path}", [])) == expected
        assert list(await asked(filled, f"/tools/{path}?resources=")) == expected


async def test_utf8(filled: Archive) -> None:
    """Letters beyond ASCII are kept for who asks for them."""
    path = f"/patients/{FIFTH.patient}/archive"
    assert list(await asked(filled, path)) == ["Q Mller/Unknown Study/CT/CT000000.dcm"]
    assert list(await asked(filled, path, {"Utf8": True})) == [
        "Q Müller/Unknown Study/CT/CT000000.dcm"
    ]


async def test_file_name(filled: Archive) -> None:
    """The file is named by its resource, or as the caller wishes."""
    for method, path, body, disposition in (
        ("GET", f"/studies/{IDS.study}/archive", None, f'filename="{IDS.study}.zip"'),
        ("GET", f"/studies/{IDS.study}/media?filename=a%20b.zip", None, 'filename="a b.zip"'),
        ("POST", f"/studies/{IDS.study}/media", {"Filename": "ä"}, "filename*=UTF-8''%C3%A4"),
        ("POST", "/tools/create-media", [], 'filename="Archive.zip"'),
        ("GET", "/tools/create-archive?resources=&filename=x", None, 'filename="x"'),
    ):
        response = await filled.client.request(method, path, json=body)
        assert response.headers["content-disposition"] == disposition


async def test_head(filled: Archive) -> None:
    """Who asks for the head alone is told the name."""
    response = await filled.client.head(f"/studies/{IDS.study}/archive")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-disposition"] == f'filename="{IDS.study}.zip"'
    assert response.headers["content-type"] == "application/zip"
    assert (await filled.client.head(f"/studies/{NOBODY}/archive")).status_code == 404


REFUSED = (
    (f"/patients/{NOBODY}/archive", "{}", 404, 17),
    ("/patients/nobody/archive", "{}", 404, 17),
    (f"/instances/{IDS.instance}/archive", "{}", 404, 17),
    ("/tools/create-archive", json.dumps([IDS.study, NOBODY]), 404, 17),
    ("/tools/create-archive", '["a\\u0000b"]', 404, 17),
    ("/tools/create-archive", '["\\ud800"]', 400, 15),
    ("/tools/create-archive", "", 400, 15),
    ("/tools/create-archive", "{", 400, 15),
    ("/tools/create-archive", "{}", 400, 15),
    ("/tools/create-archive", "3", 400, 15),
    ("/tools/create-archive", "[3]", 400, 15),
    ("/tools/create-media", '{"Resources": "x"}', 400, 15),
    (f"/studies/{IDS.study}/archive", "", 400, 15),
    (f"/studies/{IDS.study}/archive", '{"Transcode": 3}', 400, 15),
    (f"/studies/{IDS.study}/archive", '{"Transcode": "x"}', 400, 3),
    (f"/studies/{IDS.study}/archive", '{"LossyQuality": 0}', 400, 3),
    (f"/studies/{IDS.study}/archive", '{"LossyQuality": true}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Extended": "yes"}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Priority": "a"}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Utf8": 1}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Asynchronous": "x"}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Synchronous": false, "UserData": NaN}', 400, 15),
    (f"/studies/{IDS.study}/media", '{"Synchronous": false, "Priority": 2147483648}', 400, 15),
    (f"/studies/{NOBODY}/media", '{"Synchronous": false}', 404, 17),
    (f"/studies/{IDS.study}/media", '{"Asynchronous": true}', 503, 36),  # the router is away
)


async def test_refusals(filled: Archive) -> None:
    """What cannot be done is told in Orthanc's way, before anything is sent."""
    for path, body, status, code in REFUSED:
        response = await filled.client.post(path, content=body)
        told = (response.status_code, response.json()["OrthancStatus"])
        assert (path, body, *told) == (path, body, status, code)


async def test_asynchronous(filled: Archive) -> None:
    """An archive that nobody waits for is left to a job of the router, which is told what asks for it here."""
    asked_of_router = []

    def accept(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == "Bearer token"
        asked_of_router.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(200, json={"ID": "x", "Path": "/jobs/x"})

    filled.app.state.router_client = RouterClient(
        httpx2.AsyncClient(transport=httpx2.MockTransport(accept)),
        "http://router",
        SecretStr("token"),
    )
    path = f"/studies/{IDS.study}/archive"
    body = {"Asynchronous": True, "Priority": 3, "UserData": [1], "Utf8": True}
    assert (await filled.client.post(path, json=body)).json() == {"ID": "x", "Path": "/jobs/x"}
    many = {"Resources": [IDS.study, IDS.instance], "Synchronous": False}
    assert (await filled.client.post("/tools/create-media", json=many)).is_success
    assert asked_of_router == [
        (
            "/internal/jobs/archive",
            {
                "type": kind,
                "path": path,
                "body": body,
                "instances": 3,
                "uncompressed_bytes": 16,
                "transfer_syntax_uid": None,
                "priority": priority,
                "user_data": user_data,
            },
        )
        for kind, path, body, priority, user_data in (
            ("Archive", path, {"Utf8": True}, 3, [1]),
            ("Media", "/tools/create-media", {"Resources": many["Resources"]}, 0, None),
        )
    ]
    assert await asked(filled, path, {"Asynchronous": False}) == FIRST_STUDY
    assert await asked(filled, path, {"Synchronous": True, "Asynchronous": True}) == FIRST_STUDY


async def test_transcoding(archive: Archive) -> None:
    """What can be written in the wished transfer syntax is; what cannot stays, as in Orthanc."""
    names = ("MR_small_RLE.dcm", "CT_small.dcm", "JPEG2000.dcm")
    ids = [await store_file(archive, shipped_file(name).read_bytes()) for name in names]
    for wish, written in (
        ({"Transcode": EXPLICIT_LITTLE}, {EXPLICIT_LITTLE}),
        ({"Transcode": JPEG_LS}, {JPEG_LS}),
        ({"Transcode": JPEG_BASELINE}, {RLE, EXPLICIT_LITTLE, JPEG_2000}),
        ({"Transcode": MPEG}, {RLE, EXPLICIT_LITTLE, JPEG_2000}),
    ):
        files = await asked(archive, "/tools/create-archive", {"Resources": ids, **wish})
        read = [dcmread(BytesIO(file)) for file in files.values()]
        assert {one.file_meta.TransferSyntaxUID for one in read} == written
        for one in read:
            (name,) = (name for name in names if one.SOPInstanceUID == shipped_uid(name))
            assert (one.pixel_array == dcmread(shipped_file(name)).pixel_array).all()


async def test_lossy_medium(archive: Archive) -> None:
    """A medium refers to the instances as they are on it; who does not say how good they are gets the usual."""
    instance = await store_file(archive, shipped_file("examples_rgb_color.dcm").read_bytes())
    sizes = []
    for query in ("", "&lossy-quality=90", "&lossy-quality=30"):
        path = f"/tools/create-media?resources={instance}&transcode={JPEG_BASELINE}{query}"
        files = await asked(archive, path)
        image = dcmread(BytesIO(files["IMAGES/IM0"]))
        assert "quality" in image.DerivationDescription
        record = dcmread(BytesIO(files["DICOMDIR"])).DirectoryRecordSequence[-1]
        assert record.ReferencedSOPInstanceUIDInFile == image.SOPInstanceUID
        assert record.ReferencedTransferSyntaxUIDInFile == JPEG_BASELINE
        assert image.SOPInstanceUID != shipped_uid("examples_rgb_color.dcm")
        sizes.append(len(image.PixelData))
    assert sizes[0] == sizes[1] > sizes[2]


async def test_unknown_transfer_syntax(filled: Archive) -> None:
    """What is no transfer syntax, or no quality, is refused before anything is sent."""
    for query in (
        "transcode=x",
        "transcode=",
        "lossy-quality=101",
        f"transcode={RLE}&lossy-quality=x",
    ):
        response = await filled.get(f"/studies/{IDS.study}/archive?{query}")
        assert (query, response.status_code) == (query, 400)


async def test_list_is_missing(filled: Archive) -> None:
    """A query without resources is told so."""
    response = await filled.get("/tools/create-archive")
    assert (response.status_code, response.json()["OrthancStatus"]) == (400, 15)


FILES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "image_dfl.dcm",
    "chrH31.dcm",
)


async def test_media(archive: Archive, tmp_path: Path) -> None:
    """A medium has files of short names, and a DICOMDIR at its end by which pydicom finds each of them."""
    files = [shipped_file(name).read_bytes() for name in FILES]
    ids = [await store_file(archive, file) for file in files]
    response = await archive.client.post("/tools/create-media", json=ids)
    medium = unpacked(response.content)
    assert list(medium) == [*(f"IMAGES/IM{number}" for number in range(len(files))), "DICOMDIR"]
    assert sorted(list(medium.values())[:-1]) == sorted(files)
    write_medium(response.content, tmp_path)
    with file_set(tmp_path) as found:
        assert len(found) == len(files)
        for instance in found:
            loaded = instance.load()
            assert loaded.SOPInstanceUID == instance.ReferencedSOPInstanceUIDInFile
            assert loaded.SOPClassUID == instance.ReferencedSOPClassUIDInFile
            assert loaded.get("PatientID", "") == instance.PatientID
            assert loaded.StudyInstanceUID == instance.StudyInstanceUID
    kinds = [record.DirectoryRecordType for record in records(medium["DICOMDIR"])]
    assert {kind: kinds.count(kind) for kind in ("SR DOCUMENT", "RT PLAN", "IMAGE")} == {
        "SR DOCUMENT": 1,
        "RT PLAN": 1,
        "IMAGE": 4,
    }


async def test_extended_media(archive: Archive) -> None:
    """Descriptions of series are in the DICOMDIR when they are asked for, however they are."""
    file = dicom_file(SeriesDescription="Axial T1", StudyID="1", SeriesNumber="1")
    instance = await store_file(archive, file)
    series = resource_ids("P1", "1.2", "1.2.3", "1.2.3.4").series
    for path, body, extended in (
        (f"/series/{series}/media", None, False),
        (f"/series/{series}/media?extended", None, True),
        (f"/series/{series}/media", {"Extended": True}, True),
        ("/tools/create-media", [instance], False),
        ("/tools/create-media-extended", [instance], True),
        ("/tools/create-media-extended", {"Resources": [instance], "Extended": False}, False),
        (f"/tools/create-media-extended?resources={instance}", None, True),
    ):
        medium = await asked(archive, path, body)
        told = records(medium["DICOMDIR"])[2]
        assert told.get("SeriesDescription") == ("Axial T1" if extended else None), path


async def test_kept_compressed(archive: Archive) -> None:
    """A file that is kept in the compressed form comes as it is."""
    file = shipped_file("CT_small.dcm").read_bytes()
    instance = await store_file(archive, file)
    deflater = Deflater(len(file))
    form = deflater.add(file) + deflater.finish()
    (key,) = archive.blobs.blobs
    await archive.blobs.put("2026/11/20/2359/compressed", form)
    await archive.project(
        AttachmentCompressionChangeRequested(
            level=Level.INSTANCE,
            resource_id=instance,
            number=1,
            from_blob_key=key,
            blob_key="2026/11/20/2359/compressed",
            is_compressed=True,
            stored_size_bytes=len(form),
            stored_md5=hashlib.md5(form, usedforsecurity=False).hexdigest(),
            stored_at=instance_received().stored_at,
        )
    )
    await archive.blobs.delete(key)
    assert list((await asked(archive, "/tools/create-archive", [instance])).values()) == [file]


def records(directory: bytes) -> list[Any]:
    """Read the records of a DICOMDIR, as they stand in it."""
    return list(dcmread(BytesIO(directory)).DirectoryRecordSequence)
