"""Every DICOM file that ships with pydicom goes in, then comes back, or is refused with a reason."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pydicom
import pytest
from pydicom.errors import InvalidDicomError
from support.feeds import all_changes, get_json, last_change, last_sequence, v1_entries, v2_entries
from support.system import Axial

pytestmark = [
    pytest.mark.e2e,
    # pydicom finds fault with many of its own files, and says so; here it is only asked for names.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

_LEVELS = ("patients", "studies", "series", "instances")
_NOT_DICOM_SUFFIXES = {".py", ".pyc", ".json", ".md", ".txt", ".dump", ".gz", ".icc"}
_DICOMDIR = "1.2.840.10008.1.3.10"

# Where Axial, like Orthanc, sees it otherwise than pydicom does without `force`.
_STORED_WITHOUT_PREAMBLE = {
    "ExplVR_BigEndNoMeta.dcm",
    "ExplVR_LitEndNoMeta.dcm",
    "OT-PAL-8-face.dcm",
    "rtstruct.dcm",
}
_CUT_SHORT = {"rtplan_truncated.dcm"}


@dataclass(slots=True)
class Stored:
    """What the files became, and how far the system was before."""

    statistics: dict[str, Any]
    change: int
    sequence: int
    #: Instance to the file that was first stored under its name, and to the answer it got.
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: dict[Path, httpx2.Response] = field(default_factory=dict)

    def ids(self, level: str) -> set[str]:
        """The resources of one level that the files became."""
        keys = dict(
            zip(_LEVELS, ("ParentPatient", "ParentStudy", "ParentSeries", "ID"), strict=True)
        )
        return {answer[keys[level]] for answer in self.answers.values()}


@pytest.fixture(scope="module")
def stored(axial: Axial) -> Iterator[Stored]:
    """Upload every file, one after another, into a system that has none of them."""
    with axial.client() as client:
        stored = asyncio.run(_before(axial))
        for path in _shipped():
            body = path.read_bytes()
            answer = client.post("/instances", content=body)
            if answer.status_code != 200:
                stored.refused[path] = answer
                continue
            instance = answer.json()
            known = instance["ID"] in stored.files
            assert instance["Status"] == ("AlreadyStored" if known else "Success"), path
            stored.files.setdefault(instance["ID"], body)
            stored.answers[instance["ID"]] = instance
        yield stored
        for patient in stored.ids("patients"):
            client.delete(f"/patients/{patient}").raise_for_status()


def _shipped() -> list[Path]:
    """Find what the wheels pydicom and pydicom-data hold; nothing is fetched."""
    files: list[Path] = []
    for package in ("pydicom", "data_store"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        files += (Path(spec.origin).parent / "data").rglob("*")
    return sorted(
        file for file in files if file.is_file() and file.suffix not in _NOT_DICOM_SUFFIXES
    )


async def _before(axial: Axial) -> Stored:
    async with axial.async_client() as client:
        return Stored(
            statistics=await get_json(client, "/statistics"),
            change=await last_change(client),
            sequence=await last_sequence(client),
        )


def _is_instance(path: Path) -> bool:
    """Whether pydicom finds a file format that names an instance, which any archive must accept."""
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
    except InvalidDicomError:
        return path.name in _STORED_WITHOUT_PREAMBLE
    if dataset.file_meta.get("MediaStorageSOPClassUID") == _DICOMDIR or path.name in _CUT_SHORT:
        return False
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    return all(dataset.get(name) for name in names)


def test_what_is_an_instance_is_stored(stored: Stored) -> None:
    """The refused files are exactly those that name no instance."""
    expected = {path.name for path in _shipped() if not _is_instance(path)}
    assert {path.name for path in stored.refused} == expected
    # The wheels did not shrink behind our back.
    assert len(stored.files) > 150
    assert len(stored.refused) > 30


async def test_a_refusal_says_why(stored: Stored) -> None:
    """A refused file gets Orthanc's error 15, with a sentence beside it."""
    for path, answer in stored.refused.items():
        assert answer.status_code == 400, path
        problem = answer.json()
        assert problem["OrthancStatus"] == 15, path
        assert problem["OrthancError"] == "Bad file format", path
        assert len(problem["Details"].split()) > 2, path


async def test_files_come_back_byte_identical(stored: Stored, client: httpx2.AsyncClient) -> None:
    """Every stored file is answered with the bytes it came with."""
    for instance, body in stored.files.items():
        answer = await client.get(f"/instances/{instance}/file")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/dicom"
        assert answer.content == body, instance


async def test_resources_name_their_files(stored: Stored, client: httpx2.AsyncClient) -> None:
    """Each instance has the size, the UID and the parents of its file."""
    for instance, body in stored.files.items():
        resource = await get_json(client, f"/instances/{instance}")
        assert resource["FileSize"] == len(body)
        assert resource["ParentSeries"] == stored.answers[instance]["ParentSeries"]
        tags = await get_json(client, f"/instances/{instance}/simplified-tags")
        assert tags["SOPInstanceUID"] == resource["MainDicomTags"]["SOPInstanceUID"]


async def test_lists_and_statistics_agree(stored: Stored, client: httpx2.AsyncClient) -> None:
    """The lists hold every resource once, and the statistics have grown by just as much."""
    statistics = await get_json(client, "/statistics")
    for level in _LEVELS:
        listed: list[str] = await get_json(client, f"/{level}")
        assert len(listed) == len(set(listed))
        assert stored.ids(level) <= set(listed)
        count = f"Count{level.title()}"
        assert statistics[count] - stored.statistics[count] == len(stored.ids(level))
        assert statistics[count] == len(listed)
    size = int(statistics["TotalUncompressedSize"])
    before = int(stored.statistics["TotalUncompressedSize"])
    assert size - before == sum(map(len, stored.files.values()))


async def test_orthanc_feed_agrees(stored: Stored, client: httpx2.AsyncClient) -> None:
    """The changes tell of every new resource once, numbered without a gap."""
    changes = await all_changes(client, stored.change)
    assert [change["Seq"] for change in changes] == list(
        range(stored.change + 1, stored.change + 1 + len(changes))
    )
    for level, kind in zip(_LEVELS, ("Patient", "Study", "Series", "Instance"), strict=True):
        new = [change["ID"] for change in changes if change["ChangeType"] == f"New{kind}"]
        assert len(new) == len(set(new))
        assert set(new) == stored.ids(level)
        assert all(
            change["Path"] == f"/{level}/{change['ID']}"
            for change in changes
            if change["ResourceType"] == kind
        )


async def test_azure_feed_agrees(stored: Stored, client: httpx2.AsyncClient) -> None:
    """Both versions tell of every instance's creation once, in the order it was stored."""
    entries = await v1_entries(client, stored.sequence)
    assert [entry["Sequence"] for entry in entries] == list(
        range(stored.sequence + 1, stored.sequence + 1 + len(stored.files))
    )
    assert {(entry["Action"], entry["State"]) for entry in entries} == {("create", "current")}
    stored_names = [
        pydicom.dcmread(io.BytesIO(body), stop_before_pixels=True, force=True).SOPInstanceUID
        for body in stored.files.values()
    ]
    assert [entry["SopInstanceUid"] for entry in entries] == stored_names
    assert await v2_entries(client, start=entries[0]["Timestamp"]) == entries


async def test_azure_feed_has_metadata(stored: Stored, client: httpx2.AsyncClient) -> None:
    """Asked for it, the feed gives each instance's attributes, without its pixels."""
    entries = await get_json(
        client, "/v1/changefeed", offset=stored.sequence, limit=100, includeMetadata="true"
    )
    assert len(entries) == 100
    for entry in entries:
        assert entry["Metadata"]
        assert "7FE00010" not in entry["Metadata"]
