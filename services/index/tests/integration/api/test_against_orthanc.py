"""The same files in Axial and in a real Orthanc: the answers differ only where it is said here."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import zstandard
from pydicom.data import get_charset_files, get_testdata_file
from support.archive import Archive

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.attributes import MAIN_DICOM_KEYWORDS
from axial.common.blobs.zlib_form import Deflater
from axial.common.header import read_header
from axial.common.identifiers import Level
from axial.common.testing.eventually import eventually_sync
from axial.common.testing.facts import instance_received

pytestmark = [pytest.mark.integration, pytest.mark.tools]

FILES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "emri_small.dcm",
    "chrX1.dcm",
    "chrFren.dcm",
    "image_dfl.dcm",
    "MR_small_implicit.dcm",
    "ExplVR_BigEnd.dcm",
)

# What Orthanc 1.10.1 keeps of each level; 1.11 and 1.12 keep more (Orthanc's NEWS, 1.11.0).
OLD_MAIN_DICOM_TAGS = frozenset(
    name for names in MAIN_DICOM_KEYWORDS.values() for name in names
) - {
    "AcquisitionNumber",
    "ImageComments",
    "TimezoneOffsetFromUTC",
    "PerformingPhysicianName",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "RequestAttributesSequence",
}
# Orthanc compresses its answers when it may; between us and our callers the edge does.
PLAIN = {"Accept-Encoding": "identity"}

# Fields that came after 1.10.1 (orthanc-openapi.json).
NEW_FIELDS = frozenset({"Labels", "IsProtected"})
# Fields whose values are each server's own; their types are compared.
OWN_VALUES = frozenset({"FileUuid", "LastUpdate"})
NEW_SYSTEM_FIELDS = frozenset(
    {
        "Capabilities",
        "DatabaseServerIdentifier",
        "DicomDefaultRetrieveMethod",
        "HasLabels",
        "IngestTranscoding",
        "MainDicomTags",
        "MaximumPatientCount",
        "MaximumStorageMode",
        "MaximumStorageSize",
        "OverwriteInstances",
        "PatientLevelEnabled",
        "ReadOnly",
        "StorageCompression",
        "UserMetadata",
        # Not Orthanc's at 1.12.11:
        "AxialVersion",
        "OverwriteInstancesMode",
    }
)


@pytest.fixture(scope="module")
def orthanc() -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc with nothing in it."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "these tests need Debian's package orthanc"
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "StorageDirectory": folder,
            "IndexDirectory": folder,
            "HttpPort": port,
            "DicomServerEnabled": False,
            "RemoteAccessAllowed": False,
            "Plugins": [],
        }
        config = Path(folder, "orthanc.json")
        config.write_text(json.dumps(options))
        server = subprocess.Popen([program, str(config)], stderr=subprocess.DEVNULL)
        try:
            with httpx2.Client(base_url=f"http://{LOOPBACK}:{port}", headers=PLAIN) as client:
                eventually_sync(
                    lambda: client.get("/system").is_success, retry_on=(httpx2.TransportError,)
                )
                yield client
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """Read files of many kinds: transfer syntaxes, character sets, with pixels and without."""
    paths = [get_testdata_file(name) or get_charset_files(name)[0] for name in FILES]
    return [Path(str(path)).read_bytes() for path in paths]


class Pair:
    """The same files in both."""

    def __init__(self, archive: Archive, orthanc: httpx2.Client) -> None:
        self._archive = archive
        self._orthanc = orthanc

    async def store(self, file: bytes, key: str) -> None:
        """Give one file to both."""
        answer = self._orthanc.post("/instances", content=file)
        assert answer.is_success, answer.text
        header = read_header(file)
        event = instance_received().model_copy(
            update={
                "patient_id": header.patient_id,
                "study_instance_uid": header.study_instance_uid,
                "series_instance_uid": header.series_instance_uid,
                "sop_instance_uid": header.sop_instance_uid,
                "main_dicom_tags": header.main_dicom_tags,
                "pixel_data_vr": header.pixel_data_vr,
                "header": zstandard.compress(header.raw),
                "size_bytes": len(file),
                "blob_key": key,
            }
        )
        await self._archive.blobs.put(key, file)
        await self._archive.project(event)

    async def get(self, path: str) -> tuple[httpx2.Response, httpx2.Response]:
        """Ask both for a path."""
        return await self._archive.get(path), self._orthanc.get(path)

    async def post(self, path: str, content: str) -> tuple[httpx2.Response, httpx2.Response]:
        """Ask both with a body."""
        ours = await self._archive.client.post(path, content=content)
        return ours, self._orthanc.post(path, content=content)

    async def assert_same(self, path: str, comparable: Callable[[Any], Any]) -> None:
        """Compare both answers to a path, after leaving out what may differ."""
        ours, theirs = await self.get(path)
        assert (path, ours.status_code) == (path, theirs.status_code)
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        assert (path, comparable(ours.json())) == (path, comparable(theirs.json()))


@pytest.fixture
async def pair(archive: Archive, orthanc: httpx2.Client, files: list[bytes]) -> AsyncIterator[Pair]:
    """Fill both."""
    pair = Pair(archive, orthanc)
    for number, file in enumerate(files):
        await pair.store(file, f"2026/11/20/2358/{number}.dcm")
    yield pair
    for patient in orthanc.get("/patients").json():
        orthanc.delete(f"/patients/{patient}")


def comparable(value: Any, field: str = "") -> Any:
    """Leave out of an answer what may differ: new fields and tags, own values, the order of lists."""
    if field in OWN_VALUES:
        return type(value)
    if isinstance(value, list):
        return sorted((comparable(item) for item in value), key=repr)
    if isinstance(value, dict):
        kept = set(value) - NEW_FIELDS
        if field.endswith("MainDicomTags"):
            kept &= OLD_MAIN_DICOM_TAGS
        return {name: comparable(value[name], name) for name in sorted(kept)}
    return value


async def test_lists_and_resources(pair: Pair) -> None:
    """Every list and every resource says the same, and so does every way up and down."""
    for level in Level:
        name = level.path_name
        await pair.assert_same(f"/{name}", comparable)
        await pair.assert_same(f"/{name}/", comparable)
        await pair.assert_same(f"/{name}?expand", comparable)
        await pair.assert_same(f"/{name}?since=0&limit=1000", comparable)
        await pair.assert_same(f"/{name}?since=0&limit=0", comparable)
        for resource_id in (await pair.get(f"/{name}"))[0].json():
            path = f"/{name}/{resource_id}"
            await pair.assert_same(path, comparable)
            await pair.assert_same(f"{path}/statistics", comparable)
            for other in Level:
                if other < level:
                    await pair.assert_same(f"{path}/{other.type_name.lower()}", comparable)
                elif other > level:
                    await pair.assert_same(f"{path}/{other.path_name}", comparable)


@pytest.mark.parametrize("format_", ["short", "full", "full&short"])
async def test_formats_of_main_dicom_tags(pair: Pair, format_: str) -> None:
    """Orthanc's tags are there in each format, with the same names, types and values."""
    for level in Level:
        ours, theirs = await pair.get(f"/{level.path_name}?expand&{format_}")
        told = {resource["ID"]: resource["MainDicomTags"] for resource in ours.json()}
        for resource in theirs.json():
            expected = resource["MainDicomTags"]
            assert expected == {tag: told[resource["ID"]].get(tag) for tag in expected}


async def test_files(pair: Pair) -> None:
    """Both give back the same bytes in the same way; only the file's name is another."""
    for instance_id in (await pair.get("/instances"))[0].json():
        ours, theirs = await pair.get(f"/instances/{instance_id}/file")
        assert ours.content == theirs.content
        for header in ("content-type", "content-length"):
            assert ours.headers[header] == theirs.headers[header]
        assert set(theirs.headers) <= set(ours.headers) | {"connection", "keep-alive"}
        # Orthanc 1.10.1 names the file by its attachment; 1.12 and we, by the instance.
        form = ours.headers["content-disposition"].replace(instance_id, "")
        assert form == theirs.headers["content-disposition"].replace(
            (await pair.get(f"/instances/{instance_id}"))[1].json()["FileUuid"], ""
        )


async def test_totals(pair: Pair) -> None:
    """Both count the same."""
    await pair.assert_same("/statistics", comparable)


async def test_system(pair: Pair) -> None:
    """Every field of the old Orthanc is there, in its type; what is more is named here."""
    ours, theirs = (answer.json() for answer in await pair.get("/system"))
    assert set(ours) - set(theirs) == NEW_SYSTEM_FIELDS
    assert {name: type(ours[name]) for name in theirs} == {
        name: type(value) for name, value in theirs.items()
    }


@pytest.mark.parametrize(
    ("level", "query"),
    [
        ("Patient", {}),
        ("Patient", {"PatientName": "buc^jérôme"}),
        ("Patient", {"PatientName": "buc^JÉRÔME"}),
        ("Patient", {"PatientName": "*jérôme"}),
        ("Patient", {"PatientName": "buc^jerome"}),
        ("Patient", {"PatientName": "compressedsamples^?????"}),
        ("Patient", {"PatientName": "Wang^XiaoDong=*"}),
        ("Patient", {"PatientName": "*王*"}),
        ("Patient", {"PatientName": "%"}),
        ("Patient", {"PatientName": "CompressedSamples_*"}),
        ("Patient", {"PatientID": ""}),
        ("Patient", {"PatientID": "1ct1"}),
        ("Patient", {"0010,0020": "1CT1\\4mr1"}),
        ("Patient", {"00100020": " 1CT1 "}),
        ("Patient", {"PatientID": "1*"}),
        ("Study", {"PatientSex": "o"}),
        ("Study", {"PatientName": "*s^*", "StudyDate": "2004-2005"}),
        ("Study", {"StudyDescription": "E*"}),
        ("Study", {"StudyDescription": "*"}),
        ("Study", {"AccessionNumber": "*"}),
        ("Study", {"StudyDate": "2004-"}),
        ("Study", {"StudyDate": "-20040119"}),
        ("Study", {"StudyDate": "20040119-20040119"}),
        ("Study", {"StudyDate": "-"}),
        ("Study", {"StudyTime": "07-08"}),
        ("Study", {"ModalitiesInStudy": "CT\\MR"}),
        ("Study", {"ModalitiesInStudy": "c*"}),
        ("Study", {"StudyInstanceUID": "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"}),
        ("Study", {"KVP": "120"}),
        ("Study", {"InstanceNumber": "1"}),
        ("studies", {"PatientID": "1CT1"}),
        ("Series", {"PatientID": "1CT1"}),
        ("Series", {"Modality": "CT\\MR"}),
        ("Series", {"Manufacturer": "*"}),
        ("Series", {"StudyDate": "2004-", "Modality": "mr"}),
        ("Instance", {"PatientID": "1CT1"}),
        ("Instance", {"SOPInstanceUID": "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"}),
        ("Instance", {"InstanceNumber": "1"}),
        ("Instance", {"KVP": "120"}),
        ("Instance", {"Rows": "128", "Modality": "CT"}),
        ("Instance", {"0009,1002": "CT01"}),
        ("Instance", {"RequestAttributesSequence": "x"}),
    ],
)
async def test_find(pair: Pair, level: str, query: dict[str, str]) -> None:
    """Both find the same, whether case matters or not, and tell the same of it."""
    for options in ({}, {"CaseSensitive": True}, {"Expand": True}, {"Expand": True, "Limit": 100}):
        body = json.dumps({"Level": level, "Query": query} | options)
        ours, theirs = await pair.post("/tools/find", body)
        assert (body, ours.status_code) == (body, theirs.status_code)
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        assert (body, _as_before(ours.json())) == (body, comparable(theirs.json()))


def _as_before(found: Any) -> Any:
    """Leave out what 1.12.5 and later tell besides, and Debian's does not: tags that were looked up."""
    shown = comparable(found)
    for resource in shown if isinstance(shown, list) else []:
        if isinstance(resource, dict):
            resource.pop("RequestedTags", None)
    return shown


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"Query": {}}',
        '{"Level": 1, "Query": {}}',
        '{"Level": "Foo", "Query": {}}',
        '{"Level": "Study"}',
        '{"Level": "Study", "Query": {"PatientID": 3}}',
        '{"Level": "Study", "Query": {"StudyDate": "*"}}',
        '{"Level": "Study", "Query": {"StudyInstanceUID": "1.3.*"}}',
        '{"Level": "Study", "Query": {"0009,1001": "*"}}',
        '{"Level": "Study", "Query": {}, "Limit": -1}',
        '{"Level": "Study", "Query": {}, "Limit": "1"}',
        '{"Level": "Study", "Query": {}, "Since": -1}',
        '{"Level": "Study", "Query": {}, "CaseSensitive": 1}',
    ],
)
async def test_refused_finds(pair: Pair, body: str) -> None:
    """What makes no sense is refused with the same numbers."""
    ours, theirs = await pair.post("/tools/find", body)
    numbers = [
        (answer.status_code, answer.json()["OrthancStatus"], answer.json()["OrthancError"])
        for answer in (ours, theirs)
    ]
    assert numbers[0] == numbers[1]


async def test_lookup_and_bulk_content(pair: Pair) -> None:
    """Identifiers lead to the same resources, and many of these are told at once alike."""
    for identifier in (
        *("1CT1", "1ct1", " 1CT1 ", "", "nope"),
        "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322",
        "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322",
    ):
        ours, theirs = await pair.post("/tools/lookup", identifier)
        assert (identifier, ours.json()) == (identifier, theirs.json())
    for level in Level:
        named = [*(await pair.get(f"/{level.path_name}"))[0].json(), "nope"]
        for options in ({}, {"Level": "Series"}, {"Level": "Patient", "Metadata": False}):
            body = json.dumps({"Resources": named, **options})
            told = [
                [
                    {name: value for name, value in each.items() if name != "Metadata"}
                    for each in answer.json()
                ]
                for answer in await pair.post("/tools/bulk-content", body)
            ]
            assert comparable(told[0]) == comparable(told[1])


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/patients/nope/studies",
        "/patients/nope/statistics",
        "/instances/nope/file",
        "/instances/nope/tags",
        "/instances/nope/simplified-tags",
        "/instances/nope/patient",
    ],
)
async def test_errors(pair: Pair, path: str) -> None:
    """What is not there is told in the same words.

    Orthanc 1.10.1 does so without a Content-Type, and about a single resource without any word.
    """
    ours, theirs = await pair.get(path)
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())


def test_the_compressed_form_has_the_same_bytes(orthanc: httpx2.Client) -> None:
    """What Orthanc keeps compressed is what Axial would: each can unpack what the other packed."""
    file = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    instance = orthanc.post("/instances", content=file).json()["ID"]
    path = f"/instances/{instance}/attachments/dicom"
    assert orthanc.post(f"{path}/compress").json() == {}
    deflater = Deflater(len(file))
    chunks = [deflater.add(file[at : at + 10_000]) for at in range(0, len(file), 10_000)]
    assert orthanc.get(f"{path}/compressed-data").content == b"".join([*chunks, deflater.finish()])
    # The archive is shared by the tests of this file.
    assert orthanc.post(f"{path}/uncompress").json() == {}
