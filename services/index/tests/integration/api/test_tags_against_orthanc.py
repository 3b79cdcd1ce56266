"""The tags, the modules, the slices and the content of the same files, in Axial and in a real Orthanc."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from support.archive import Archive
from support.images import store_file
from support.orthanc import running_orthanc

from axial.common.testing.dicom_files import dicom_file, encoded_element, shipped_file

pytestmark = [pytest.mark.integration, pytest.mark.tools]

FILES = (
    "CT_small.dcm",
    "JPEG2000.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "image_dfl.dcm",
    "chrX1.dcm",
    "gdcm-US-ALOKA-16.dcm",
)
TEXT_VRS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC")
PADDED = (b"ab    ", b"ab\0\0", b"ab \0", b"ab\0 ", b"abc ", b"abc\0", b"abc", b"    ", b"")


TEXTS = {
    "Latin1": b"M\xfcller",
    "Utf8": "Müllér".encode(),
    "Japanese": b"\xd4\xcf\xc0 ",
    "Greek": b"\xc4\xf6",
    "Ascii": b"M\xfcller",
}


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc with nothing in it."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as client:
        yield client


class Pair:
    """The same files in both."""

    def __init__(self, archive: Archive, orthanc: httpx2.Client) -> None:
        self._archive = archive
        self._orthanc = orthanc

    async def store(self, *files: bytes) -> dict[str, str]:
        """Give files to both; return the identifiers of the last one and of what is above it."""
        for file in files:
            answer = self._orthanc.post("/instances", content=file)
            assert answer.is_success, answer.text
            assert answer.json()["ID"] == await store_file(self._archive, file)
        ids: dict[str, str] = answer.json()
        return ids

    def read_in(self, encoding: str) -> None:
        """Change the default encoding of both."""
        assert self._orthanc.put("/tools/default-encoding", content=encoding).is_success
        runtime = self._archive.app.state.runtime
        runtime.settings = replace(runtime.settings, default_encoding=encoding)

    async def same(self, path: str) -> Any:
        """Assert that both answer the same to a path; return it."""
        ours, theirs = await self._archive.get(path), self._orthanc.get(path)
        assert (path, ours.status_code) == (path, theirs.status_code)
        if not ours.is_success:
            return None
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        if not ours.headers["content-type"].startswith("application/json"):
            assert (path, ours.content) == (path, theirs.content)
            assert ours.headers["content-length"] == theirs.headers["content-length"]
            return ours.content
        told = ours.json()
        assert (path, told) == (path, theirs.json())
        if isinstance(told, dict):
            assert list(told) == list(theirs.json())
        return told

    async def same_content(self, path: str) -> int:
        """Compare a place, and all that is below; return how many places these are."""
        told = await self.same(path)
        if not isinstance(told, list):
            return 1
        return 1 + sum([await self.same_content(f"{path}/{each}") for each in told])


@pytest.fixture
async def pair(archive: Archive, orthanc: httpx2.Client) -> AsyncIterator[Pair]:
    """Begin with nothing in either."""
    yield Pair(archive, orthanc)
    for patient in orthanc.get("/patients").json():
        orthanc.delete(f"/patients/{patient}")


@pytest.mark.parametrize("name", FILES)
async def test_a_file(pair: Pair, name: str) -> None:
    """Every place has the same bytes, what is not there is in neither; meta information and modules are the same."""
    ids = await pair.store(shipped_file(name).read_bytes())
    path = f"/instances/{ids['ID']}"
    assert await pair.same_content(f"{path}/content") > 20
    for nowhere in ("9999-9999", "0010-0010/0", "7fe0-0010/99", "7fe0-0010/x", "0002-0010"):
        assert await pair.same(f"{path}/content/{nowhere}") is None
    for spelling in ("PatientName", "0010,0010", "00100010", "0010-0010/"):
        assert await pair.same(f"{path}/content/{spelling}")
    for kind in (
        f"{path}/header",
        f"{path}/module",
        f"/patients/{ids['ParentPatient']}/module",
        f"/studies/{ids['ParentStudy']}/module",
        f"/studies/{ids['ParentStudy']}/module-patient",
        f"/series/{ids['ParentSeries']}/module",
    ):
        for format_ in ("", "?full", "?short", "?simplify"):
            assert await pair.same(kind + format_)


async def test_padding(pair: Pair) -> None:
    """Texts are padded alike, however the file does it."""
    file = dicom_file() + encoded_element(0x00210010, "LO", b"ME")
    values = [(vr, value) for vr in (*TEXT_VRS, "UI", "UR", "UT", "UN", "OB") for value in PADDED]
    for number, (vr, value) in enumerate(values):
        file += encoded_element(0x00211000 + number, vr, value)
    ids = await pair.store(file)
    for number in range(len(values)):
        assert (
            await pair.same(f"/instances/{ids['ID']}/content/0021-{0x1000 + number:04x}")
            is not None
        )


async def test_tags_below(pair: Pair) -> None:
    """What instances share, and the tags of each, are the same; long texts when they are asked for."""
    comments = "long " * 100
    files = [
        dicom_file(
            SOPInstanceUID=f"1.2.3.{number}",
            SeriesInstanceUID=f"1.2.{number % 2}",
            PatientName="Doe^J",
            PatientComments=comments,
            InstanceNumber=number,
            Rows=7,
            ConvolutionKernel="B" if number else None,
        )
        for number in range(5)
    ]
    ids = await pair.store(*files)
    above = ("patients", "ParentPatient"), ("studies", "ParentStudy"), ("series", "ParentSeries")
    for level, parent in above:
        path = f"/{level}/{ids[parent]}"
        for format_ in ("", "?full", "?short", "?simplify", "?ignore-length=0010-4000"):
            told = await pair.same(f"{path}/shared-tags{format_}")
            assert "0010,0010" in told or "PatientName" in told
            assert await pair.same(f"{path}/instances-tags{format_}")


SERIES = (
    [(r"0\0\3", 1), (r"0\0\1", 2), (r"0\0\2", 3)],
    [(r"0\0\1", 3), (r"0\0\1", 2), (r"0\0\1", 1)],
    [("", 2), ("", 1)],
    [(r"0\0\3", 1)],
)


async def test_ordered_slices(pair: Pair) -> None:
    """The slices of a series come in the same order, and are the same volume or none."""
    for series, slices in enumerate(SERIES):
        files = [
            dicom_file(
                SeriesInstanceUID=f"1.2.{series}",
                SOPInstanceUID=f"1.2.{series}.{number}",
                ImagePositionPatient=position,
                ImageOrientationPatient=r"1\0\0\0\1\0",
                InstanceNumber=number,
                NumberOfFrames=number,
            )
            for position, number in slices
        ]
        ids = await pair.store(*files)
        assert await pair.same(f"/series/{ids['ParentSeries']}/ordered-slices")


async def test_default_encoding(pair: Pair) -> None:
    """A file that names no character set is read in the default one."""
    study = encoded_element(0x0020000D, "UI", b"1.2\0")
    text = {name: encoded_element(0x00104000, "LT", value) for name, value in TEXTS.items()}
    try:
        for name in TEXTS:
            pair.read_in(name)
            file = dicom_file(SOPInstanceUID=f"1.2.3.{list(TEXTS).index(name)}")
            ids = await pair.store(file.replace(study, text[name] + study))
            assert await pair.same(f"/instances/{ids['ID']}/tags")
    finally:
        pair.read_in("Latin1")


async def test_unknown_resources(pair: Pair) -> None:
    """What is not there has no tags of any kind."""
    unknown = "-".join(["00000000"] * 5)
    for level, kinds in {
        "patients": ("module", "shared-tags", "instances-tags"),
        "studies": ("module", "module-patient", "shared-tags", "instances-tags"),
        "series": ("module", "shared-tags", "instances-tags", "ordered-slices"),
        "instances": ("module", "header", "content", "content/0010-0010"),
    }.items():
        for kind in kinds:
            for name in (unknown, "nothing"):
                assert await pair.same(f"/{level}/{name}/{kind}") is None
