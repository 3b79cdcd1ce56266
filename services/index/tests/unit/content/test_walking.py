"""Finding one place in a file."""

import struct
import zlib

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)
from support.contents import at, content_of
from support.images import CountingStore

from axial.common.dictionary import Attribute, Dictionary
from axial.common.errors import Inexistent
from axial.common.testing.dicom_files import dicom_file, encoded_element
from axial.index.content.walking import Items, Tags

pytestmark = pytest.mark.unit

SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def item(**attributes: object) -> Dataset:
    """Make an item."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def nested() -> Sequence:
    """Make a sequence of two items, with another in the second."""
    inner = Sequence([item(Rows=7), item(Rows=8, PatientName="Deep^Down")])
    return Sequence([item(PatientID="A"), item(PatientID="B", ReferencedImageSequence=inner)])


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES)
async def test_through_sequences(syntax: str, undefined: bool) -> None:  # noqa: FBT001 - a parameter
    """Whatever the encoding, with lengths and without, items are found at any depth."""
    sequence = nested()
    sequence.is_undefined_length = undefined
    for each in sequence:
        each.is_undefined_length_sequence_item = undefined
    file = dicom_file(syntax, ReferencedStudySequence=sequence)
    assert await at(file, "0008-1110") == Items(2)
    assert await at(file, "0008-1110/0") == Tags((0x00100020,))
    assert await at(file, "0008-1110/1") == Tags((0x00081140, 0x00100020))
    assert await at(file, "0008-1110/1/0008-1140") == Items(2)
    assert await content_of(file, "0008-1110/1/0008-1140/0/0028-0010") == b"\7\0"
    assert await content_of(file, "0008-1110/1/0008-1140/1/0010-0010") == b"Deep^Down "
    assert await content_of(file, "0020-000d") == b"1.2\0"


@pytest.mark.parametrize(
    "path",
    [
        "0010-0021",
        "0010-0020/0",
        "0008-1110/2",
        "0008-1110/0/0010-0010",
        "0008-1110/0/0008-1140/0",
        "0008-1110/0/0010-0020/0/0010-0020",
        "7fe0-0010",
        "7fe0-0010/0",
        "0002-0010",
    ],
)
async def test_what_is_not_there(path: str) -> None:
    """No attribute, no such item, nothing below a value: all the same."""
    with pytest.raises(Inexistent):
        await at(dicom_file(ReferencedStudySequence=nested()), path)


async def test_the_data_set() -> None:
    """The tags of the file are listed, those behind the pixel data included; its meta information is not among them."""
    file = dicom_file() + encoded_element(0x7FE00010, "OW", b"\1\0" * 8)
    file += encoded_element(0x7FE10010, "LO", b"ME") + encoded_element(0x7FE11010, "OB", b"xy")
    file += encoded_element(0xFFFCFFFC, "OB", b"\0\0")
    found = await at(file, "")
    identifiers = (0x00080016, 0x00080018, 0x00100020, 0x0020000D, 0x0020000E)
    behind = (0x7FE10010, 0x7FE11010, 0xFFFCFFFC)
    assert found == Tags((*identifiers, 0x7FE00010, *behind))
    assert await content_of(file, "7fe1-1010") == b"xy"


async def test_pixel_data() -> None:
    """Those that are not compressed are one block; in an item they are a value as any other."""
    icon = item()
    icon.add_new(0x7FE00010, "OW", b"\1\2")
    file = dicom_file(IconImageSequence=Sequence([icon]))
    file += encoded_element(0x7FE00010, "OW", b"\3\4" * 100)
    assert await at(file, "7fe0-0010") == Items(1)
    assert await content_of(file, "7fe0-0010/0") == b"\3\4" * 100
    assert await content_of(file, "0088-0200/0/7fe0-0010") == b"\1\2"
    for path in ("7fe0-0010/1", "0088-0200/0/7fe0-0010/0"):
        with pytest.raises(Inexistent):
            await at(file, path)


async def test_fragments() -> None:
    """Compressed pixel data are their offset table and their fragments."""
    frames = [b"\xff\xd8first!", b"\xff\xd8second"]
    file = dicom_file(JPEGBaseline8Bit)
    file += encoded_element(0x7FE00010, "OB", b"")[:-4] + b"\xff\xff\xff\xff" + encapsulate(frames)
    file += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) + encoded_element(0xFFFCFFFC, "OB", b"\0\0")
    assert await at(file, "7fe0-0010") == Items(3)
    assert await content_of(file, "7fe0-0010/0") == struct.pack("<II", 0, 16)
    assert await content_of(file, "7fe0-0010/2") == frames[1]
    assert await content_of(file, "fffc-fffc") == b"\0\0"
    with pytest.raises(Inexistent):
        await at(file, "7fe0-0010/3")
    with pytest.raises(Inexistent):
        await at(file, "7fe0-0010/1/0010-0010")


async def test_numbers_are_little_endian() -> None:
    """Of a big endian file the numbers are turned around, by the size that their VR has."""
    file = dicom_file(
        ExplicitVRBigEndian,
        Rows=0x0102,
        FrameIncrementPointer=0x00181063,
        SimpleFrameList=[0x01020304, 5],
        RealWorldValueSlope=1.5,
    )
    file += struct.pack(">HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 4) + b"\1\2\3\4"
    assert await content_of(file, "0028-0010") == b"\2\1"
    assert await content_of(file, "0028-0009") == b"\x18\x00\x63\x10"
    assert await content_of(file, "0008-1161") == struct.pack("<II", 0x01020304, 5)
    assert await content_of(file, "0040-9225") == struct.pack("<d", 1.5)
    assert await content_of(file, "7fe0-0010/0") == b"\2\1\4\3"


async def test_private_sequences_in_implicit_vr() -> None:
    """Only a dictionary tells that a private element is a sequence: the vendor's, or the configured one."""
    inside = encoded_element(0x00100020, "LO", b"P1")[:4] + struct.pack("<I", 2) + b"P1"
    value = struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside
    creator = struct.pack("<HHI", 0x0099, 0x0010, 2) + b"ME"
    private = creator + struct.pack("<HHI", 0x0099, 0x1001, len(value)) + value
    file = dicom_file(ImplicitVRLittleEndian) + private
    assert await content_of(file, "0099-1001") == value
    configured = Dictionary([Attribute(0x00990001, "SQ", "Ours", "ME")])
    assert await at(file, "Ours", configured) == Items(1)
    assert await content_of(file, "Ours/0/PatientID", configured) == b"P1"


async def test_a_file_that_is_cut_short() -> None:
    """What is cut short ends there; its pixel data are given as far as they go."""
    file = dicom_file() + encoded_element(0x7FE00010, "OW", b"\1\2" * 100)
    assert await content_of(file[:-51], "7fe0-0010/0") == (b"\1\2" * 100)[:-51]


async def test_nesting_without_end() -> None:
    """A file that nests without end keeps nobody busy."""
    deep = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    deep += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    file = dicom_file()
    header_of = len(file)
    whole = file + deep * 500
    found = await at(whole, "", header_bytes=header_of)
    assert isinstance(found, Tags)
    assert 0x00081140 in found.tags
    with pytest.raises(Inexistent):
        await at(whole, "0008-1140/0/" * 70, header_bytes=header_of)


@pytest.mark.parametrize("header_bytes", [None, 400])
async def test_a_deflated_file(header_bytes: int | None) -> None:
    """It is inflated as far as needed, from what is at hand or from the blob, and again to go back."""
    plain = dicom_file(ReferencedStudySequence=nested())
    noise = bytes(n * n % 251 for n in range(700_000))
    plain += encoded_element(0x7FE00010, "OB", noise) + encoded_element(0xFFFCFFFC, "OB", b"\0\0")
    start = plain.index(encoded_element(0x00080016, "UI", b"")[:4])
    meta = dicom_file(DeflatedExplicitVRLittleEndian)
    meta = meta[: int.from_bytes(meta[140:144], "little") + 144]
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    file = meta + deflater.compress(plain[start:]) + deflater.flush()
    assert await content_of(file, "7fe0-0010/0", header_bytes=header_bytes) == noise
    assert await content_of(file, "0008-1110/1/0010-0020", header_bytes=header_bytes) == b"B "
    assert await content_of(file, "fffc-fffc", header_bytes=header_bytes) == b"\0\0"
    assert await at(file, "", header_bytes=header_bytes) == await at(plain, "")


async def test_a_file_that_is_kept_compressed() -> None:
    """The form in which the archive keeps a file changes nothing."""
    noise = bytes(n * n % 251 for n in range(700_000))
    file = dicom_file(ReferencedStudySequence=nested())
    file += encoded_element(0x7FE00010, "OW", noise) + encoded_element(0xFFFCFFFC, "OB", b"ab")
    for path, value in (
        ("7fe0-0010/0", noise),
        ("0008-1110/0/0010-0020", b"A "),
        ("fffc-fffc", b"ab"),
    ):
        assert await content_of(file, path, is_compressed=True, header_bytes=400) == value


async def test_only_what_is_needed_is_read() -> None:
    """To find what stands behind a large value, and the value's ends, nothing of the value is read."""
    file = dicom_file() + encoded_element(0x7FE00010, "OW", b"\1\0" * 4_000_000)
    store = CountingStore()
    found = await at(file + encoded_element(0xFFFCFFFC, "OB", b"\0\0"), "", store=store)
    assert isinstance(found, Tags)
    assert found.tags[-1] == 0xFFFCFFFC
    assert store.read_bytes < 100_000
