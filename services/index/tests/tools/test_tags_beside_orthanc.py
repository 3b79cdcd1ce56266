"""What a real Orthanc shows of every file that ships with pydicom, beside what we show."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from axial.common.attributes import main_dicom_tags_of
from axial.common.errors import NotDicom
from axial.common.header import Header, read_header
from axial.common.identifiers import Level, resource_ids
from axial.common.orthanc_tags import TagFormat, instance_tags
from axial.common.testing.dicom_files import shipped_files

pytestmark = pytest.mark.tools

Json = dict[str, Any]

# A file that is cut short in its pixels, or that uses another VR encoding than it declares, is worth keeping.
TAKEN_BY_US_ALONE = {
    "MR_truncated.dcm",
    "SC_rgb_jpeg.dcm",
    "emri_small_jpeg_2k_lossless_too_short.dcm",
}

# Orthanc keeps the padding of text that came as UN, even in identifiers; PS3.5 says it means nothing.
CAME_AS_UN = {"explicit_VR-UN.dcm", "rtdose_rle.dcm", "rtdose_rle_1frame.dcm"}

# Orthanc 1.10.1 does not decode Japanese with code extensions, and shows JIS X 0201's yen sign for a
# backslash.
IN_JAPANESE = {"chrH32.dcm", "chrJapMultiExplicitIR6.dcm", "J2K_pixelrep_mismatch.dcm"}

# pydicom's dictionary has these private elements that came as UN, DCMTK's has not.
WITH_VENDOR_UNKNOWN_TO_DCMTK = {
    "chrJapMulti.dcm",
    "chrJapMultiExplicitIR6.dcm",
    "chrKoreanMulti.dcm",
}

# In implicit VR, DCMTK leaves open whether a LUT descriptor is signed, and Orthanc shows none.
LUT_DESCRIPTORS = {"0028,1101", "0028,1102", "0028,1103"}

# Retired later than the DCMTK 3.6.7 of Debian's Orthanc knows.
RETIRED_LATER = {"3006,0085", "3006,0088"}

# Main tags since a later version than 1.10.1.
NEW_MAIN_TAGS = {
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "TimezoneOffsetFromUTC",
}

# Orthanc 1.10.1 does not find the pixel data behind this file's overlong palette.
PIXELS_NOT_FOUND = {"OT-PAL-8-face.dcm"}


class Stored:
    """An instance that a real Orthanc has stored: its answers."""

    def __init__(self, orthanc: httpx2.Client, ids: Json) -> None:
        self._orthanc = orthanc
        self.ids = ids

    def get(self, path: str) -> Json:
        """Ask for a resource of the instance."""
        answer: Json = self._orthanc.get(f"/instances/{self.ids['ID']}/{path}").json()
        return answer


def header_of(file: Path) -> Header | None:
    """Our reading of a file; None when we refuse it."""
    try:
        return read_header(file.read_bytes())
    except NotDicom:
        return None


@pytest.mark.parametrize("file", shipped_files(), ids=lambda file: file.name)
def test_orthanc_shows_the_same(file: Path, orthanc: httpx2.Client) -> None:
    """Both take the file or both refuse it; identifiers, tags and metadata are the same."""
    answer = orthanc.post("/instances", content=file.read_bytes())
    header = header_of(file)
    if file.name in TAKEN_BY_US_ALONE:
        assert (header is not None, answer.is_success) == (True, False)
        return
    assert (header is not None) == answer.is_success
    if header is None:
        return
    try:
        compare(file.name, header, Stored(orthanc, answer.json()))
    finally:
        # Several files are the same instance for Orthanc: the next one shall be stored, too.
        orthanc.delete(f"/patients/{answer.json()['ParentPatient']}")


def compare(name: str, header: Header, stored: Stored) -> None:
    """Assert that our answers are Orthanc's, but for the differences that are named above."""
    full = instance_tags(header.raw, TagFormat.FULL, pixel_data_vr=header.pixel_data_vr)
    assert list(full) == sorted(full)
    assert comparable(full, name) == comparable(stored.get("tags"), name)
    metadata = stored.get("metadata?expand")
    assert metadata["TransferSyntax"] == header.transfer_syntax_uid
    assert metadata.get("SopClassUid", "") == header.sop_class_uid
    if name not in PIXELS_NOT_FOUND and header.pixel_data_offset is not None:
        assert metadata["PixelDataOffset"] == str(header.pixel_data_offset)
    if name in CAME_AS_UN | IN_JAPANESE:
        return
    ids = resource_ids(
        header.patient_id,
        header.study_instance_uid,
        header.series_instance_uid,
        header.sop_instance_uid,
    )
    assert stored.ids["ID"] == ids.instance
    assert stored.ids["ParentPatient"] == ids.patient
    assert main_dicom_tags(header, Level.INSTANCE) == stored.get("")["MainDicomTags"]
    assert main_dicom_tags(header, Level.SERIES) == stored.get("series")["MainDicomTags"]
    assert main_dicom_tags(header, Level.STUDY) == stored.get("study")["MainDicomTags"]
    assert main_dicom_tags(header, Level.PATIENT) == stored.get("patient")["MainDicomTags"]
    if full == stored.get("tags"):
        for tag_format, path in (
            (TagFormat.SHORT, "tags?short"),
            (TagFormat.SIMPLIFIED, "simplified-tags"),
        ):
            shown = instance_tags(header.raw, tag_format, pixel_data_vr=header.pixel_data_vr)
            assert shown == stored.get(path)
            assert list(shown) == sorted(shown)


def main_dicom_tags(header: Header, level: Level) -> dict[str, str]:
    """The main tags that version 1.10.1 has."""
    tags = main_dicom_tags_of(level, header.main_dicom_tags)
    return {keyword: value for keyword, value in tags.items() if keyword not in NEW_MAIN_TAGS}


def comparable(tags: Json, name: str) -> Json:
    """Take out what differs on purpose."""
    compared: Json = {}
    for key, element in tags.items():
        is_private = int(key[3], 16) % 2 == 1
        if key in LUT_DESCRIPTORS or (is_private and name in WITH_VENDOR_UNKNOWN_TO_DCMTK):
            continue
        kept = dict(element)
        if is_private or key in RETIRED_LATER:
            del kept[
                "Name"
            ]  # DCMTK and pydicom have named the vendors' elements each by themselves
        if name in CAME_AS_UN | IN_JAPANESE:
            kept.pop("PrivateCreator", None)
        if element["Type"] == "Sequence":
            kept["Value"] = [comparable(item, name) for item in element["Value"]]
        elif name in IN_JAPANESE:
            del kept["Value"]
        elif name in CAME_AS_UN and element["Value"] is not None:
            kept["Value"] = element["Value"].rstrip(" ")
        compared[key] = kept
    return compared
