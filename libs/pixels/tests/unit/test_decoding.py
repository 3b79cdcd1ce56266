"""Decoding, beside what is known of the pixels otherwise."""

import base64
from io import BytesIO
from typing import Any

import jpeg_ls
import numpy as np
import pytest
from openjpeg.utils import encode
from PIL import Image
from pydicom import dcmread
from support.images import opened

from axial.common.testing.dicom_files import shipped_file
from axial.pixels.decoding import decode
from axial.pixels.description import Palette, Pixels
from axial.pixels.frames import Frame
from axial.pixels.refusals import Undecodable

# pydicom and the codecs warn of what is odd in a file; in the worker nobody listens.
pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("ignore")]

EXPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"

# OpenJPH's encoding of `GRADIENT`, reversible.
HTJ2K = base64.b64decode(
    "/0//UQApQAAAAAAMAAAAEAAAAAAAAAAAAAAADAAAABAAAAAAAAAAAAABBwEB/1AACAACAAAAAv9SAAwAAgABAAUEBEAB/1wA"
    "EyBIUFBQUFBQUFBQUFBQSEhI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAN8AAf+TAADAEsASwBKAygCHdADs"
    "AAd0AIkBB3QAwBNAE8ATgEY2AYN0AIxLBQAjlABG9v4Bi3QAwBakAV0AWkAIGVxjdhmHTMkAVfwBk04AgH6YAKh4IYgMvRXE"
    "JxJIv5YAkIbeIZb5w72PvwMTPOBAvpgAwC6OAXQQC1wf/z4gEW/fDySkj/frA7HO59fDoy6iiLgOkepx+YwQjGBdAB++/329"
    "78NTnvIpyoPiQ/GCHMAAA88AfsnsY6x0Q1AB/3//f/v9fv6CFYgHEBwhALjCD8AjXwD/2Q=="
)
GRADIENT = np.add.outer(np.arange(16) * 11, np.arange(12) * 37).astype(np.uint8)


def pixels(**changes: Any) -> Pixels:
    """Describe pixels; those of `GRADIENT` unless told otherwise."""
    usual: dict[str, Any] = {
        "transfer_syntax_uid": EXPLICIT,
        "vr": "OB",
        "rows": 16,
        "columns": 12,
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


@pytest.mark.parametrize(
    ("compressed", "plain"),
    [
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("emri_small_RLE.dcm", "emri_small.dcm"),
        ("emri_small_jpeg_ls_lossless.dcm", "emri_small.dcm"),
        ("emri_small_jpeg_2k_lossless.dcm", "emri_small.dcm"),
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("MR_small_implicit.dcm", "MR_small.dcm"),
        ("liver_expb.dcm", "liver.dcm"),
        ("SC_rgb_rle.dcm", "SC_rgb.dcm"),
        ("SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_16bit_2frame.dcm"),
        ("SC_rgb_expb_16bit_2frame.dcm", "SC_rgb_16bit_2frame.dcm"),
        ("SC_rgb_expb_2frame.dcm", "SC_rgb_2frame.dcm"),
        ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb.dcm"),
        ("OBXXXX1A_rle_2frame.dcm", "OBXXXX1A_2frame.dcm"),
        ("OBXXXX1A_expb_2frame.dcm", "OBXXXX1A_2frame.dcm"),
        ("gdcm-US-ALOKA-16_big.dcm", "gdcm-US-ALOKA-16.dcm"),
        ("rtdose_rle.dcm", "rtdose.dcm"),
        ("rtdose_expb.dcm", "rtdose.dcm"),
        ("MR2_J2KR.dcm", "MR2_UNCR.dcm"),
        ("693_J2KR.dcm", "693_UNCR.dcm"),
        ("US1_J2KR.dcm", "US1_UNCR.dcm"),
        ("RG3_J2KR.dcm", "RG3_UNCR.dcm"),
        ("color-pl.dcm", "color-px.dcm"),
    ],
)
async def test_lossless(compressed: str, plain: str) -> None:
    """The last frame of a file is the same in each encoding that loses nothing."""
    ours, theirs = [await opened(shipped_file(name).read_bytes()) for name in (compressed, plain)]
    last = ours.header.frames - 1
    found = decode(ours.pixels, await ours.frame(last))
    assert np.array_equal(found, decode(theirs.pixels, await theirs.frame(last)))
    assert found.dtype == np.dtype(ours.pixels.value_type)


@pytest.mark.parametrize(
    ("compressed", "plain", "most"),
    [
        ("MR2_J2KI.dcm", "MR2_UNCI.dcm", 10),
        ("RG3_J2KI.dcm", "RG3_UNCI.dcm", 3),
        ("US1_J2KI.dcm", "US1_UNCI.dcm", 32),
        ("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb.dcm", 8),
    ],
)
async def test_lossy(compressed: str, plain: str, most: int) -> None:
    """What loses something loses little."""
    ours, theirs = [await opened(shipped_file(name).read_bytes()) for name in (compressed, plain)]
    found = decode(ours.pixels, await ours.frame(0)).astype(int)
    assert np.abs(found - decode(theirs.pixels, await theirs.frame(0))).max() <= most


@pytest.mark.parametrize("name", ["liver.dcm", "emri_small.dcm", "SC_rgb_32bit_2frame.dcm"])
async def test_every_frame(name: str) -> None:
    """Frames that do not begin at a byte, and others, are those that pydicom finds."""
    image = await opened(shipped_file(name).read_bytes())
    expected = dcmread(shipped_file(name)).pixel_array
    for number in range(image.header.frames):
        found = decode(image.pixels, await image.frame(number))
        scale = 255 if image.pixels.bits_stored == 1 else 1
        assert np.array_equal(found, expected[number] * scale)


@pytest.mark.parametrize("suffix", ["201", "202", "203"])
def test_high_throughput_jpeg_2000(suffix: str) -> None:
    """HTJ2K is decoded, by OpenJPEG, of what OpenJPH has encoded."""
    described = pixels(transfer_syntax_uid=f"1.2.840.10008.1.2.4.{suffix}")
    assert np.array_equal(decode(described, Frame(HTJ2K)), GRADIENT)


@pytest.mark.parametrize(("suffix", "loss"), [("80", 0), ("81", 3)])
def test_jpeg_ls(suffix: str, loss: int) -> None:
    """JPEG-LS is decoded, lossless and near lossless."""
    described = pixels(transfer_syntax_uid=f"1.2.840.10008.1.2.4.{suffix}")
    encoded = bytes(jpeg_ls.encode_array(GRADIENT, lossy_error=loss))
    found = decode(described, Frame(encoded)).astype(int)
    assert np.abs(found - GRADIENT).max() <= loss


@pytest.mark.parametrize("suffix", ["57", "70"])
async def test_lossless_jpeg(suffix: str) -> None:
    """Both processes of lossless JPEG are decoded: the one is the other with its predictor fixed."""
    image = await opened(shipped_file("SC_rgb_jpeg_gdcm.dcm").read_bytes())
    told = image.pixels
    described = pixels(
        **{name: getattr(told, name) for name in ("rows", "columns", "samples", "planar")},
        photometric_interpretation="RGB",
        transfer_syntax_uid=f"1.2.840.10008.1.2.4.{suffix}",
    )
    plain = await opened(shipped_file("SC_rgb.dcm").read_bytes())
    expected = decode(plain.pixels, await plain.frame(0))
    assert np.array_equal(decode(described, await image.frame(0)), expected)


def test_jpeg_2000_signed() -> None:
    """Signed values of any depth come back."""
    values = np.tile((GRADIENT.astype(np.int16) - 100) * 8, (4, 6))
    encoded = encode(values, bits_stored=12)
    described = pixels(
        transfer_syntax_uid="1.2.840.10008.1.2.4.90",
        rows=64,
        columns=72,
        bits_allocated=16,
        bits_stored=12,
        high_bit=11,
        signed=True,
    )
    assert np.array_equal(decode(described, Frame(bytes(encoded))), values)


def test_baseline_jpeg_in_grey() -> None:
    """Baseline JPEG is decoded as Pillow decodes it."""
    file = BytesIO()
    Image.fromarray(GRADIENT).save(file, "JPEG", quality=95)
    described = pixels(transfer_syntax_uid="1.2.840.10008.1.2.4.50")
    found = decode(described, Frame(file.getvalue())).astype(int)
    assert np.abs(found - np.asarray(Image.open(file))).max() <= 1


def test_shared_chrominance() -> None:
    """Two pixels share their chrominance, and come as RGB."""
    described = pixels(rows=1, columns=2, samples=3, photometric_interpretation="YBR_FULL_422")
    grey = decode(described, Frame(bytes([10, 200, 128, 128])))
    assert grey.tolist() == [[[10, 10, 10], [200, 200, 200]]]
    red = decode(described, Frame(bytes([76, 76, 85, 255])))
    assert (red[0, :, 0] > 250).all()
    assert (red[0, :, 1:] < 5).all()


def test_bytes_in_big_endian_words() -> None:
    """Bytes that were written as big endian words are exchanged."""
    described = pixels(transfer_syntax_uid=BIG, vr="OW", rows=1, columns=4)
    assert decode(described, Frame(b"\1\0\3\2")).tolist() == [[0, 1, 2, 3]]


def test_bits_that_are_not_stored() -> None:
    """Values that stand high in their cells are brought down."""
    described = pixels(vr="OW", rows=1, columns=2, bits_allocated=16, bits_stored=12, high_bit=15)
    assert decode(described, Frame(b"\x10\0\xf0\xff")).tolist() == [[1, 4095]]


def test_floats() -> None:
    """Floating-point pixels stay what they are."""
    described = pixels(vr="OF", rows=1, columns=2, bits_allocated=32, bits_stored=32, high_bit=31)
    assert decode(described, Frame(np.array([0.5, -2], "<f4").tobytes())).tolist() == [[0.5, -2]]


def test_palette() -> None:
    """Values are looked up, in tables of sixteen bits, too; values below the first one get its colour."""
    table = np.array([0, 0x8000, 0xFF00], "<u2").tobytes()
    palette = Palette(((3, 5, 16),) * 3, (table, table, table), segmented=False)
    described = pixels(
        rows=1, columns=3, photometric_interpretation="PALETTE COLOR", palette=palette
    )
    colours = decode(described, Frame(bytes([0, 6, 9])))
    assert colours.tolist() == [[[0] * 3, [0x80] * 3, [0xFF] * 3]]


@pytest.mark.parametrize(
    "changes",
    [
        {"photometric_interpretation": "PALETTE COLOR"},
        {"photometric_interpretation": "YBR_PARTIAL_422", "samples": 3},
        {"photometric_interpretation": "HSV", "samples": 3},
    ],
)
def test_unknown_colours(changes: dict[str, Any]) -> None:
    """Colours that nothing tells the meaning of are not guessed."""
    with pytest.raises(Undecodable):
        decode(pixels(**changes), Frame(bytes(3 * 16 * 12)))


@pytest.mark.parametrize("suffix", ["100", "102", "999"])
def test_unknown_syntax(suffix: str) -> None:
    """A transfer syntax that nothing decodes, such as a film's, is told."""
    with pytest.raises(Undecodable, match="transfer syntax"):
        decode(pixels(transfer_syntax_uid=f"1.2.840.10008.1.2.4.{suffix}"), Frame(b"film"))
