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
