"""The data set of a file as it goes out: as it is, or written otherwise."""

import subprocess
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from axial.common.errors import NotFound
from axial.common.file_meta import read_file_meta
from axial.common.rewriting import NotConvertible
from axial.common.testing.dicom_files import dicom_file, encoded_element, shipped_file
from axial.dimse.sending.data_sets import NotAFile, begin

pytestmark = pytest.mark.unit

_DCMCONV: dict[str, str] = {
    ImplicitVRLittleEndian: "+ti",
    ExplicitVRLittleEndian: "+te",
    ExplicitVRBigEndian: "+tb",
}
_PIXEL_DATA = 0x7FE00010


async def pieces(raw: bytes, size: int) -> AsyncIterator[bytes]:
    """Give bytes a few at a time."""
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


async def written(raw: bytes, transfer_syntax: str, size: int = 5000) -> bytes:
    """Write a file's data set."""
    begun = await begin(pieces(raw, size))
    return b"".join([piece async for piece in begun.data_set(transfer_syntax)])


def dcmtk(file: Path, transfer_syntax: str, folder: Path) -> bytes:
    """Let DCMTK write the data set: without group lengths, with lengths of sequences."""
    out = folder / "out.dcm"
    subprocess.run(
        ("/usr/bin/dcmconv", "-g", "+e", _DCMCONV[transfer_syntax], file, out), check=True
    )
    raw = out.read_bytes()
    return raw[read_file_meta(raw).dataset_offset :]


@pytest.mark.tools
@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",  # private attributes, trailing padding
        "MR_small_bigendian.dcm",
        "MR_small_expb.dcm",  # private attributes, 16-bit pixels
        "liver_expb_1frame.dcm",  # one bit a pixel, enhanced
        "rtdose_1frame.dcm",  # implicit, 32-bit pixels
        "rtplan.dcm",  # nested sequences without pixels
        "SC_rgb_expb_16bit.dcm",
        "image_dfl.dcm",  # deflated
        "reportsi_with_empty_number_tags.dcm",  # a structured report
        "nested_priv_SQ.dcm",  # private sequences that no dictionary knows
    ],
)
async def test_as_dcmtk_would_write_it(name: str, tmp_path: Path) -> None:
    """In each uncompressed syntax every byte is what DCMTK's dcmconv writes, however the file comes in pieces."""
    file = shipped_file(name)
    raw = file.read_bytes()
    own = read_file_meta(raw).transfer_syntax_uid
    for transfer_syntax in sorted(set(_DCMCONV) - {own}):
        expected = dcmtk(file, transfer_syntax, tmp_path)
        assert await written(raw, transfer_syntax) == expected, transfer_syntax
        assert await written(raw, transfer_syntax, len(raw)) == expected, transfer_syntax


@pytest.mark.parametrize("name", ["CT_small.dcm", "JPEG2000.dcm", "image_dfl.dcm"])
async def test_untouched_in_its_own_syntax(name: str) -> None:
    """What is sent in the file's own syntax is the file behind its meta information, byte for byte."""
    raw = shipped_file(name).read_bytes()
    meta = read_file_meta(raw)
    assert await written(raw, meta.transfer_syntax_uid) == raw[meta.dataset_offset :]


async def test_a_deflated_bomb_is_inflated_little_by_little() -> None:
    """Pixels that inflate to a hundred megabytes are passed on in pieces of a few hundred kilobytes."""
    zeros = 100 * 1024 * 1024
    plain = encoded_element(0x00280010, "US", b"\1\0") + encoded_element(
        _PIXEL_DATA, "OW", bytes(zeros)
    )
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    head = dicom_file(DeflatedExplicitVRLittleEndian)
    head = head[: read_file_meta(head).dataset_offset]
    raw = head + deflater.compress(plain) + deflater.flush()
    begun = await begin(pieces(raw, 65536))
    sizes = [len(piece) async for piece in begun.data_set(ImplicitVRLittleEndian)]
    assert max(sizes) < 1024 * 1024
    assert sum(sizes) == zeros + 8 + 10


async def test_values_that_nobody_can_read_go_on() -> None:
    """Values are not interpreted: a date that is none, and bytes of no character set, stay as they are."""
    start = dicom_file(StudyDate=None)
    values = encoded_element(0x00300001, "DA", b"not a date") + encoded_element(
        0x00400001, "LO", b"\xff\xfe\xfd!"
    )
    out = await written(start + values, ImplicitVRLittleEndian)
    assert b"\x30\x00\x01\x00\x0a\x00\x00\x00not a date" in out
    assert b"\x40\x00\x01\x00\x04\x00\x00\x00\xff\xfe\xfd!" in out


async def test_too_long_for_its_vr() -> None:
    """A value that has no room behind its VR in explicit syntaxes is written without one, and whole."""
    value = b"1\\" * 40_000
    file = dicom_file(ImplicitVRLittleEndian)
    raw = file + b"\x04\x30\x0c\x00" + len(value).to_bytes(4, "little") + value
    out = await written(raw, ExplicitVRLittleEndian)
    assert out.endswith(b"\x04\x30\x0c\x00UN\0\0" + len(value).to_bytes(4, "little") + value)


@pytest.mark.parametrize(
    "tail",
    [
        b"\x28\x00\x10\x00US\x09\x00\1\0",  # longer than the file
        b"\xe0\x7f\x10\x00OW\0\0\xff\xff\xff\xff",  # compressed pixels
        b"\xe0\x7f\x10\x00OW\0\0\x08\0\0\0\1\0",  # pixels cut short
        b"\x40\x00\x60\x02SQ\0\0\x08\0\0\0\x10\0\x20\0\0\0\0\0",  # an element in place of an item
        b"\x40\x00\x60\x02SQ\0\0\x08\0\0\0\xfe\xff\x00\xe0\x20\0\0\0",  # an item longer than its sequence
        b"\x28\x00\x10\x00US\x03\x00\1\0\0",  # half a number
    ],
)
async def test_what_cannot_be_told_apart_is_not_written(tail: bytes) -> None:
    """Nothing is lost in silence: a data set that is not understood to its end is not written otherwise."""
    with pytest.raises(NotConvertible):
        await written(dicom_file() + tail, ExplicitVRBigEndian)


async def test_too_much_before_the_pixels() -> None:
    """What has to be in memory as a whole is bounded: a data set without pixels may be long, but not without end."""
    piece = encoded_element(0x00420011, "OB", bytes(1024 * 1024))

    async def endless() -> AsyncIterator[bytes]:
        yield dicom_file()
        for _ in range(100):
            yield piece

    begun = await begin(endless())
    with pytest.raises(NotConvertible):
        _ = [out async for out in begun.data_set(ImplicitVRLittleEndian)]


async def test_what_is_no_file_is_not_sent() -> None:
    """Bytes whose file meta information is cut short are no file."""
    with pytest.raises(NotAFile):
        await written(dicom_file()[:170], ImplicitVRLittleEndian)


async def test_a_reader_that_fails_is_heard() -> None:
    """An error while the file is read is the caller's."""

    async def failing() -> AsyncIterator[bytes]:
        yield dicom_file()[:200]
        raise NotFound

    with pytest.raises(NotFound):
        await begin(failing())
