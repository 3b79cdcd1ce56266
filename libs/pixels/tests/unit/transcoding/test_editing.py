"""Elements of an encoded data set, replaced."""

from io import BytesIO

import pytest
from pydicom import Dataset, dcmread

from axial.common.elements import EXPLICIT_LITTLE
from axial.common.file_meta import read_file_meta
from axial.common.rewriting import Rewriter
from axial.common.testing.dicom_files import shipped_file
from axial.pixels.transcoding.editing import Value, edited, elements, values

pytestmark = pytest.mark.unit


def plain(name: str) -> bytes:
    """Read the data set of a shipped file up to its pixels, with all lengths told."""
    file = shipped_file(name).read_bytes()
    before = file[: file.index(b"\xe0\x7f\x10\x00")]
    meta = read_file_meta(before)
    return Rewriter(EXPLICIT_LITTLE).rewrite(before, meta.dataset_offset, meta.layout)


def read(data: bytes) -> Dataset:
    """Read a data set in explicit VR little endian."""
    return dcmread(BytesIO(data), force=True)


def test_nothing_changes() -> None:
    """Without changes every byte stays, sequences and private elements among them."""
    for name in ("CT_small.dcm", "emri_small.dcm"):
        data = plain(name)
        assert edited(data, {}) == data


def test_changes() -> None:
    """Elements are replaced, added where they belong, and taken away; all others are as they were."""
    data = plain("CT_small.dcm")
    changed = edited(
        data,
        {
            0x00080008: Value("CS", b"DERIVED"),
            0x00080005: None,
            0x00100011: Value("LO", b"new"),
            0x7FE00001: None,
            0xFFFC0001: Value("US", b"\1\0"),
        },
    )
    before, after = read(data), read(changed)
    assert "SpecificCharacterSet" in before
    assert "SpecificCharacterSet" not in after
    assert after.ImageType == "DERIVED"
    assert after[0x00100011].value == "new"
    tags = [found.tag for found in elements(changed)]
    assert tags == sorted(tags)
    others = {found.tag for found in elements(data)} - {0x00080008, 0x00080005}
    assert all(after[tag] == before[tag] for tag in others)


def test_values() -> None:
    """What is asked for is read as it stands."""
    found = values(plain("CT_small.dcm"), frozenset({0x00280004, 0x00990001}))
    assert found == {0x00280004: b"MONOCHROME2 "}
