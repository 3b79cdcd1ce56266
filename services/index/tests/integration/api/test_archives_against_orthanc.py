"""The archives of a real Orthanc, name by name and byte by byte; they differ only where it is said here."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx2
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRBigEndian, JPEGLossless, JPEGLSLossless
from support.archive import Archive
from support.images import store_file
from support.media import tree, unpacked
from support.orthanc import running_orthanc

from axial.common.testing.dicom_files import dicom_file, shipped_file

pytestmark = [pytest.mark.integration, pytest.mark.tools]

PIXEL_DATA = 0x7FE00010
# One of them without a PatientID: studies of one patient that disagree about the name are Orthanc's since 1.12.2.
FILES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "chrFren.dcm",
    "chrArab.dcm",
    "waveform_ecg.dcm",
)


def made() -> Iterator[bytes]:
    """Make files whose names meet: one patient, studies and series of one name, instances in one series."""
    tags = {
        "StudyDescription": "Head^Neck",
        "SeriesDescription": "  T1 (a) [b] #1 ",
        "StudyID": "1",
    }
    for number, (study, series) in enumerate(
        [("1", "1.1"), ("1", "1.1"), ("1", "1.2"), ("2", "2.1"), ("3", "3.1")]
    ):
        yield dicom_file(
            PatientID="A-1",
            PatientName="DOE^JOHN^^DR",
            Modality="MR" if study == "2" else "C",
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            SOPInstanceUID=f"{series}.{number}",
            InstanceNumber=str(number),
            StudyDate="20200102",
            StudyTime="030405",
            **(tags if study != "3" else {}),
        )


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc with nothing in it."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as client:
        yield client


async def test_archives_and_media(archive: Archive, orthanc: httpx2.Client) -> None:
    """Every patient, study and series has the archive and the medium that Orthanc has of it."""
    files = [*(shipped_file(name).read_bytes() for name in FILES), *made()]
    instances = []
    for file in files:
        answer = orthanc.post("/instances", content=file)
        assert answer.is_success, answer.text
        instances.append(answer.json()["ID"])
        await store_file(archive, file)
    for level in ("patients", "studies", "series"):
        for resource in orthanc.get(f"/{level}").json():
            for kind in ("archive", "media"):
                await compare(archive, orthanc, f"/{level}/{resource}/{kind}")
    # Orthanc does not look at the level in the path.
    await compare(archive, orthanc, f"/patients/{instances[-1]}/archive")
    await compare(archive, orthanc, "/tools/create-archive", instances)
    await compare(archive, orthanc, "/tools/create-archive", {"Resources": instances[::-1]})
    for kind in ("create-media", "create-media-extended"):
        await compare(archive, orthanc, f"/tools/{kind}", instances)
    for path, body in REQUESTS:
        theirs = orthanc.post(path, content=body)
        ours = await archive.client.post(path, content=body)
        assert (path, body, ours.status_code) == (path, body, theirs.status_code)
        if theirs.is_success:
            continue
        for field in ("OrthancStatus", "OrthancError", "HttpError"):
            assert (path, body, ours.json()[field]) == (path, body, theirs.json()[field])


async def test_transcoded(archive: Archive, orthanc: httpx2.Client) -> None:
    """In another transfer syntax instances have the pixels, and are described, as in Orthanc's archive."""
    instances = []
    for name in ("MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "examples_palette.dcm", "rtplan.dcm"):
        file = shipped_file(name).read_bytes()
        await store_file(archive, file)
        instances.append(orthanc.post("/instances", content=file).json()["ID"])
    for syntax in (JPEGLossless, JPEGLSLossless, ExplicitVRBigEndian):
        wish = {"Resources": instances, "Transcode": syntax}
        path = "/tools/create-archive"
        theirs = unpacked(orthanc.post(path, json=wish).content)
        ours = unpacked((await archive.client.post(path, json=wish)).content)
        assert list(ours) == list(theirs)
        for name, file in theirs.items():
            expected, found = dcmread(BytesIO(file)), dcmread(BytesIO(ours[name]))
            assert (
                found.file_meta.TransferSyntaxUID == expected.file_meta.TransferSyntaxUID == syntax
            )
            # Orthanc tells of lossless compression there, too.
            told = {element.tag for element in expected if element.VR != "OB"} - {0x00082111}
            assert all(found[tag] == expected[tag] for tag in told if tag != PIXEL_DATA), name
            if PIXEL_DATA in expected:
                off = found.pixel_array.astype(int) - expected.pixel_array
                # Two decoders of lossy JPEG round as they like.
                assert abs(off).max() <= (3 if found.PhotometricInterpretation == "RGB" else 0)


REQUESTS = (
    ("/tools/create-archive", ""),
    ("/tools/create-archive", "{"),
    ("/tools/create-archive", "{}"),
    ("/tools/create-archive", "[]"),
    ("/tools/create-archive", "null"),
    ("/tools/create-archive", "[3]"),
    ("/tools/create-archive", '["nobody"]'),
    ("/tools/create-media", '{"Resources": 3}'),
    ("/tools/create-media", '{"Resources": [], "Transcode": "x"}'),
    ("/tools/create-media", '{"Resources": [], "Transcode": 3}'),
    ("/tools/create-media", '{"Resources": [], "Extended": 3}'),
    ("/tools/create-media", '{"Resources": [], "Priority": "a"}'),
    ("/tools/create-media", '{"Resources": [], "Synchronous": 1}'),
    ("/patients/nobody/archive", "{}"),
    ("/studies/nobody/media", "{}"),
)


async def compare(
    archive: Archive, orthanc: httpx2.Client, path: str, body: object | None = None
) -> None:
    """Compare both answers: their heads, the names in them, and the bytes under each."""
    if body is None:
        theirs, ours = orthanc.get(path), await archive.get(path)
    else:
        theirs, ours = orthanc.post(path, json=body), await archive.client.post(path, json=body)
    for name in ("content-type", "content-disposition"):
        assert ours.headers[name] == theirs.headers[name]
    expected, found = unpacked(theirs.content), unpacked(ours.content)
    assert list(found) == list(expected), path
    for name, data in expected.items():
        if name == "DICOMDIR":
            assert_agree(directory(found[name]), directory(data))
        else:
            assert found[name] == data, name


def directory(data: bytes) -> list[Any]:
    """Read the tree of a DICOMDIR."""
    root = dcmread(BytesIO(data))
    return tree(root, root.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity)


# What every record of its level has. Orthanc calls every instance an image; other kinds have more to tell.
_COMPARED = {
    "PATIENT": ("PatientID", "PatientName"),
    "STUDY": ("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
    "SERIES": ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription"),
}
_OF_INSTANCES = (
    "ReferencedFileID",
    "ReferencedSOPClassUIDInFile",
    "ReferencedSOPInstanceUIDInFile",
    "ReferencedTransferSyntaxUIDInFile",
    "InstanceNumber",
)


def assert_agree(ours: list[Any], theirs: list[Any]) -> None:
    """Compare two trees, as far as both must say the same."""
    assert len(ours) == len(theirs)
    for (our_record, our_below), (their_record, their_below) in zip(ours, theirs, strict=True):
        kind = our_record.DirectoryRecordType
        for keyword in _COMPARED.get(kind, _OF_INSTANCES):
            said, expected = _text(our_record, keyword), _text(their_record, keyword)
            # Of a study without a date Orthanc tells the present; of one whose date is empty, nothing; and we, in
            # both cases, the date of what is in it, where there is one.
            if (said and expected) or keyword not in {"StudyDate", "StudyTime"}:
                assert (kind, keyword, said) == (kind, keyword, expected)
        assert_agree(our_below, their_below)


def _text(record: Dataset, keyword: str) -> str:
    """Write a value; Orthanc drops letters beyond ASCII from its own, and an empty value may be missing."""
    value = str(record.get(keyword, ""))
    return "".join(character for character in value if character.isascii()).rstrip("^ ")
