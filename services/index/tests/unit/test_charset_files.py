"""Texts in the character sets of DICOM, as pydicom decodes them."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_charset_files
from pydicom.dataset import Dataset

from axial.common.header import read_header
from axial.common.orthanc_tags import TagFormat, instance_tags
from axial.common.testing.dicom_files import dicom_file

pytestmark = pytest.mark.unit

FILES = [Path(name) for name in sorted(get_charset_files("*.dcm"))]
LOCAL_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})

# Each of them, escape sequences left out where pydicom forgets them (ISO 2022 IR 58).
NAMES = {
    "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 87\\ISO 2022 IR 159": "Sai=斉^譔",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "\\ISO 2022 IR 58": "Zhang^XiaoDong=张^小东",
    "GB18030": "Wang^XiaoDong=王^小东𠀀",
    "GBK": "Wang^XiaoDong=王^小東",
    "ISO_IR 192": "Wang^XiaoDong=王^小東",
    "ISO_IR 166": "นามสกุล^ชื่อ",
    "ISO_IR 126": "Διονυσιος",
    "ISO_IR 144": "Люксембург",
    "\\ISO 2022 IR 144\\ISO 2022 IR 126": "Люк=Διον",
}


def texts_of_pydicom(dataset: Dataset, path: str = "") -> Iterator[tuple[str, str]]:
    """List the texts of a data set by their place; in a name, components that are empty at its end are left out."""
    for element in dataset:
        place = f"{path}{element.tag:08x}"
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from texts_of_pydicom(item, f"{place}/{number}/")
        elif element.VR in LOCAL_TEXT_VRS:
            values = element.value if element.VM > 1 else [element.value]
            yield place, "\\".join(map(str, values)).rstrip(" =")


def texts_of_ours(tags: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """List the texts of an answer likewise."""
    for tag, value in tags.items():
        place = path + tag.replace(",", "")
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from texts_of_ours(item, f"{place}/{number}/")
        elif isinstance(value, str):
            yield place, value.rstrip(" =")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_shipped_files(file: Path) -> None:
    """Every text of the files that ship with pydicom is what pydicom says."""
    content = file.read_bytes()
    dataset = pydicom.dcmread(BytesIO(content))
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        dataset.decode()
    ours = dict(texts_of_ours(instance_tags(content, TagFormat.SHORT)))
    expected = dict(texts_of_pydicom(dataset))
    assert expected
    assert {place: ours[place] for place in expected} == expected


@pytest.mark.parametrize("named", NAMES)
def test_what_pydicom_encodes(named: str) -> None:
    """Names in each character set, with code extensions and without, are in the tags and in the main tags."""
    file = dicom_file(SpecificCharacterSet=named.split("\\"), PatientName=NAMES[named])
    assert instance_tags(file, TagFormat.SHORT)["0010,0010"] == NAMES[named]
    assert read_header(file).main_dicom_tags["PatientName"] == NAMES[named]
