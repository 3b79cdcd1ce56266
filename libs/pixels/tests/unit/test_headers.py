"""What headers tell of images."""

from io import BytesIO
from typing import Any

import pytest
from pydicom.dataset import Dataset

from axial.common.header import read_header
from axial.common.testing.dicom_files import dicom_file, shipped_file
from axial.pixels.description import Pixels
from axial.pixels.headers import ImageHeader, Rescale, Window, whole_range
from axial.pixels.refusals import Undecodable

pytestmark = pytest.mark.unit

EXPLICIT = "1.2.840.10008.1.2.1"


def header(**attributes: Any) -> ImageHeader:
    """Make the header of an image."""
    image: dict[str, Any] = {
        "Rows": 4,
        "Columns": 3,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }
    return ImageHeader(dicom_file(**(image | attributes)))


def group(**items: dict[str, Any]) -> Dataset:
    """Make a functional group, of sequences with one item each."""
    made = Dataset()
    for name, attributes in items.items():
        item = Dataset()
        for keyword, value in attributes.items():
            setattr(item, keyword, value)
        setattr(made, name, [item])
    return made


def test_pixels() -> None:
    """The description of the pixels is read."""
    told = header().pixels(EXPLICIT, "OW")
    assert (told.rows, told.columns, told.bits_allocated, told.bits_stored) == (4, 3, 16, 12)
    assert (told.value_type, told.channels, told.frame_bits) == ("<u2", 1, 4 * 3 * 16)
    assert whole_range(told) == Window(2048, 4096)


@pytest.mark.parametrize(
    ("name", "rows", "big_endian"),
    [("MR_small_implicit.dcm", 64, False), ("MR_small_bigendian.dcm", 64, True)],
)
def test_pixels_of_every_layout(name: str, rows: int, big_endian: bool) -> None:  # noqa: FBT001 - a table's column
    """Numbers are read in implicit VR and in big endian, too."""
    read = read_header(shipped_file(name).read_bytes())
    told = ImageHeader(read.raw).pixels(read.transfer_syntax_uid, "OW")
    assert (told.rows, told.bits_stored, told.signed) == (rows, 16, True)
    assert told.is_big_endian is big_endian


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, Rescale(1, 0)),
        ({"RescaleSlope": "2.5", "RescaleIntercept": "-1024"}, Rescale(2.5, -1024)),
        ({"RescaleSlope": "2"}, Rescale(1, 0)),
        ({"Modality": "RTDOSE", "DoseGridScaling": "0.001"}, Rescale(0.001, 0)),
    ],
)
def test_rescale(attributes: dict[str, Any], expected: Rescale) -> None:
    """The rescaling needs a slope and an intercept; a dose has a scaling."""
    assert header(**attributes).rescale(0) == expected


def test_functional_groups() -> None:
    """What a frame says of itself goes before what is said of all, and that before the image."""
    own = group(
        PixelValueTransformationSequence={"RescaleSlope": "3", "RescaleIntercept": "1"},
        FrameVOILUTSequence={"WindowCenter": "40", "WindowWidth": "400"},
    )
    shared = group(PixelValueTransformationSequence={"RescaleSlope": "2", "RescaleIntercept": "0"})
    read = header(
        NumberOfFrames=2,
        PerFrameFunctionalGroupsSequence=[own, Dataset()],
        SharedFunctionalGroupsSequence=[shared],
        WindowCenter="1",
        WindowWidth="2",
    )
    assert (read.rescale(0), read.window(0)) == (Rescale(3, 1), Window(40, 400))
    assert (read.rescale(1), read.window(1)) == (Rescale(2, 0), Window(1, 2))
    assert read.rescale(7) == Rescale(2, 0)


def test_first_of_several_windows() -> None:
    """Of several windows the first is proposed; without one, none."""
    read = header(WindowCenter=["40", "600"], WindowWidth=["400", "2000"])
    assert read.window(0) == Window(40, 400)
    assert header().window(0) is None


@pytest.mark.parametrize(
    ("told", "frames"), [(None, 1), ("7", 7), ("0", 1), ("-3", 1), ("1000000", 1_000_000)]
)
def test_frames(told: str | None, frames: int) -> None:
    """There is always a frame."""
    assert header(NumberOfFrames=told).frames == frames


@pytest.mark.parametrize(
    "attributes",
    [
        {"NumberOfFrames": "1000001"},
        {"Rows": 0},
        {"Columns": None},
        {"SamplesPerPixel": 4},
        {"BitsAllocated": 12},
        {"BitsAllocated": 64},
        {"BitsStored": 0},
        {"BitsStored": 17, "HighBit": 16},
        {"HighBit": 3},
        {"Rows": 65535, "Columns": 65535},
    ],
)
def test_impossible(attributes: dict[str, Any]) -> None:
    """What cannot be decoded is refused before anything is read or reserved."""
    with pytest.raises(Undecodable):
        header(**attributes).pixels(EXPLICIT, "OW")


def test_no_header_at_all() -> None:
    """Bytes that are no data set tell nothing, and do no harm."""
    assert not ImageHeader(b"").has_image
    assert not ImageHeader(BytesIO(b"\xff" * 1000).read()).has_image


@pytest.mark.parametrize(
    ("allocated", "stored", "signed", "vr", "expected"),
    [
        (8, 8, False, "OB", "|u1"),
        (8, 8, True, "OB", "<i2"),
        (1, 1, False, "OB", "|u1"),
        (16, 8, False, "OW", "|u1"),
        (16, 12, True, "OW", "<i2"),
        (32, 32, False, "OW", "<u4"),
        (32, 12, True, "OW", "<i2"),
        (32, 32, False, "OF", "<f4"),
        (64, 64, False, "OD", "<f8"),
    ],
)
def test_types_of_values(allocated: int, stored: int, signed: bool, vr: str, expected: str) -> None:  # noqa: FBT001 - a table's column
    """Decoded values have the smallest type of Orthanc's, or their own."""
    bits = {"bits_allocated": allocated, "bits_stored": stored, "high_bit": stored - 1}
    assert make(**bits, signed=signed, vr=vr).value_type == expected


def make(**changes: Any) -> Pixels:
    """Describe pixels."""
    usual: dict[str, Any] = {
        "transfer_syntax_uid": EXPLICIT,
        "vr": "OW",
        "rows": 2,
        "columns": 2,
        "samples": 1,
        "photometric_interpretation": "MONOCHROME2",
        "planar": False,
        "bits_allocated": 8,
        "bits_stored": 8,
        "high_bit": 7,
        "signed": False,
        "frames": 1,
        "palette": None,
    }
    return Pixels(**(usual | changes))
