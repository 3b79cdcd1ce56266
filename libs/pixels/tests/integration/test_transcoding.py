"""Files in other transfer syntaxes: the same pixels, the same attributes, or a refusal."""

import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from pydicom import Dataset, FileDataset, dcmread
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from support.transcoding import one_worker, transcoded

from axial.common.errors import Untranscodable
from axial.common.testing.dicom_files import dicom_file, shipped_file, shipped_files
from axial.pixels.decoding import Array
from axial.pixels.transcoding.targets import TARGETS
from axial.pixels.transcoding.transcoder import Transcoder
from axial.pixels.workers import Limits

# pydicom and the codecs warn of what is odd in a file.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

LOSSLESS = [uid for uid, target in TARGETS.items() if not target.is_lossy]
LOSSY = [uid for uid, target in TARGETS.items() if target.is_lossy]
# What tells of the form of the pixels, and nothing of what they show.
FORM = frozenset({"PhotometricInterpretation", "PlanarConfiguration", "PixelData"})
# Each a syntax or a kind of pixels of its own.
FILES = (
    "CT_small.dcm",  # signed 16 bits, private attributes, padding behind the pixels
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",  # JPEG, luminance and chrominance
    "SC_rgb_small_odd.dcm",  # frames of an odd length
    "SC_rgb_rle_2frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "OBXXXX1A_rle.dcm",  # a palette
    "emri_small_jpeg_2k_lossless.dcm",  # ten frames of 12 bits, enhanced
    "image_dfl.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
)
# Of which the long test takes all that pydicom can decode.
TARGETS_OF_DCMTK = {
    JPEGLosslessSV1: "dcmdjpeg",
    JPEGBaseline8Bit: "dcmdjpeg",
    JPEGExtended12Bit: "dcmdjpeg",
    JPEGLSLossless: "dcmdjpls",
    RLELossless: "dcmdrle",
}


def read(file: bytes) -> FileDataset:
    """Read a file."""
    return dcmread(BytesIO(file), force=True)


def described(dataset: Dataset) -> dict[str, Any]:
    """List the attributes but for those of the form of the pixels, and for the retired lengths of groups."""
    return {
        str(element.tag): element.value
        for element in dataset
        if element.keyword not in FORM and element.tag.element
    }


async def check_pixels(
    transcoder: Transcoder, file: bytes, uid: str, pixels: Array
) -> FileDataset | None:
    """Check the pixels in a lossless transfer syntax; give the result, None when it is refused."""
    try:
        written = read(await transcoded(transcoder, file, uid))
    except Untranscodable:
        return None
    assert written.file_meta.TransferSyntaxUID == uid
    np.testing.assert_array_equal(written.pixel_array, pixels)
    return written


def check_attributes(before: Dataset, written: FileDataset) -> None:
    """Check that everything else is as it was."""
    uid = written.file_meta.TransferSyntaxUID
    told = described(before)
    if uid == ImplicitVRLittleEndian:  # the VR of private attributes is lost, so they are not read
        told = {tag: value for tag, value in told.items() if not _is_private(tag)}
    if uid == ExplicitVRBigEndian:  # tables of words have their bytes swapped
        told = {tag: value for tag, value in told.items() if not tag.startswith("(0028,12")}
    now = described(written)
    assert {tag: now.get(tag) for tag in told} == told
    assert written.file_meta.MediaStorageSOPInstanceUID == before.SOPInstanceUID


def _is_private(tag: str) -> bool:
    return int(tag[4], 16) % 2 == 1


async def test_lossless() -> None:
    """Every kind of pixels keeps its values and its attributes in every lossless transfer syntax."""
    async with one_worker() as transcoder:
        for name in FILES:
            file = shipped_file(name).read_bytes()
            before = read(file)
            # These codecs write no frame that is a few pixels wide.
            few = {JPEGLSLossless, JPEG2000Lossless} if "small_odd" in name else set()
            for uid in set(LOSSLESS) - few:
                written = await check_pixels(transcoder, file, uid, before.pixel_array)
                assert written is not None, (name, uid)
                check_attributes(before, written)


def decodable() -> Iterator[tuple[bytes, Array]]:
    """Read all shipped files that pydicom can decode, but for the largest."""
    for path in shipped_files():
        if path.suffix != ".dcm":
            continue
        file = path.read_bytes()
        with suppress(Exception):  # whatever pydicom says of it
            pixels = read(file).pixel_array
            # Of words of 32 bits in big endian, DCMTK and pydicom think otherwise.
            if pixels.dtype.itemsize < 4 and pixels.nbytes < 10_000_000:
                yield file, pixels


@pytest.mark.long
async def test_every_shipped_file() -> None:
    """Whatever pydicom can decode keeps its pixels in every lossless transfer syntax, or is refused."""
    written = 0
    async with one_worker() as transcoder:
        for file, pixels in decodable():
            for uid in LOSSLESS:
                written += await check_pixels(transcoder, file, uid, pixels) is not None
    assert written > 800


@pytest.mark.parametrize("uid", LOSSY)
async def test_lossy(uid: str) -> None:
    """Where values change there is another instance, which tells why, and of which one it was made."""
    file = shipped_file("examples_rgb_color.dcm").read_bytes()
    if uid == JPEGExtended12Bit:
        file = shipped_file("image_dfl.dcm").read_bytes()
    async with one_worker() as transcoder:
        raw = await transcoded(transcoder, file, uid, 80)
        again = read(await transcoded(transcoder, raw, JPEGLSNearLossless))
        native = read(await transcoded(transcoder, raw, ExplicitVRLittleEndian))
    before, written = read(file), read(raw)
    assert written.SOPInstanceUID == written.file_meta.MediaStorageSOPInstanceUID
    assert written.SOPInstanceUID == native.SOPInstanceUID != before.SOPInstanceUID
    assert written.ImageType[0] == "DERIVED"
    assert written.SourceImageSequence[-1].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert written.DerivationCodeSequence[-1].CodeValue == "113040"
    assert written.LossyImageCompression == "01"
    assert float(written.LossyImageCompressionRatio) > 1
    method = TARGETS[uid].lossy_method
    assert written.LossyImageCompressionMethod == method
    assert list(again.LossyImageCompressionMethod) == [method, "ISO_14495_1"]
    assert len(again.LossyImageCompressionRatio) == len(again.SourceImageSequence) == 2
    assert f"[{written.DerivationDescription}]" in again.DerivationDescription
    off = native.pixel_array.astype(int) - before.pixel_array
    assert 0 < np.sqrt(np.mean(off**2)) < 8


def decoded_by(program: str, path: Path) -> FileDataset:
    """Let DCMTK decode a file."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run((f"/usr/bin/{program}", path, out), check=True)
        return read(out.read_bytes())


@pytest.mark.tools
async def test_dcmtk_reads_it(tmp_path: Path) -> None:
    """DCMTK decodes what was encoded here: what is lossless to the same pixels."""
    async with one_worker() as transcoder:
        for name in ("SC_rgb.dcm", "emri_small.dcm", "CT_small.dcm", "image_dfl.dcm"):
            file = shipped_file(name).read_bytes()
            for uid, program in TARGETS_OF_DCMTK.items():
                try:
                    raw = await transcoded(transcoder, file, uid)
                except Untranscodable:
                    assert TARGETS[uid].is_lossy, (name, uid)
                    continue
                (tmp_path / "in").write_bytes(raw)
                theirs = decoded_by(program, tmp_path / "in").pixel_array.astype(int)
                off = np.abs(theirs - read(file).pixel_array)
                assert off.max() <= (20 if TARGETS[uid].is_lossy else 0), (name, uid)


@pytest.mark.tools
async def test_as_dcmtk_decodes() -> None:
    """Lossy JPEG becomes the colours that DCMTK makes of it."""
    async with one_worker() as transcoder:
        for name in ("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm"):
            path = shipped_file(name)
            ours = read(await transcoded(transcoder, path.read_bytes(), ExplicitVRLittleEndian))
            theirs = decoded_by("dcmdjpeg", path)
            assert ours.PhotometricInterpretation == theirs.PhotometricInterpretation == "RGB"
            off = ours.pixel_array.astype(int) - theirs.pixel_array
            assert np.abs(off).max() <= 3, name


async def test_no_pixels() -> None:
    """What has no pixels is only rewritten, whatever the transfer syntax, as in Orthanc."""
    file = shipped_file("rtplan.dcm").read_bytes()
    async with one_worker() as transcoder:
        for uid in TARGETS:
            written = read(await transcoded(transcoder, file, uid))
            assert written.file_meta.TransferSyntaxUID == uid
            assert described(written) == described(read(file))
        bare = dicom_file(SOPInstanceUID="1.2.3")[132:]
        written = read(await transcoded(transcoder, bare, DeflatedExplicitVRLittleEndian))
        assert written.SOPInstanceUID == "1.2.3"


def changed(name: str, **attributes: Any) -> bytes:
    """Change a shipped file."""
    dataset = dcmread(shipped_file(name))
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    file = BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def oversized() -> bytes:
    """Make a codestream that claims 65,535 pixels each way."""
    file = bytearray(shipped_file("MR_small_jp2klossless.dcm").read_bytes())
    siz = file.index(b"\xff\x51\x00")
    for at in (siz + 6, siz + 10, siz + 22, siz + 26):  # Xsiz, Ysiz, XTsiz, YTsiz
        file[at : at + 4] = (65535).to_bytes(4, "big")
    return bytes(file)


async def test_refusals() -> None:
    """What cannot be written is refused before anything is given out, and counted; the next one is written."""
    registry = CollectorRegistry()
    palette = shipped_file("OBXXXX1A.dcm").read_bytes()
    compressed = shipped_file("MR_small_jp2klossless.dcm").read_bytes()
    refused = [
        (palette, JPEG2000),  # would be other colours
        (shipped_file("CT_small.dcm").read_bytes(), JPEGBaseline8Bit),
        (palette, "1.2.840.10008.1.2.4.102"),  # MPEG-4
        (shipped_file("liver_1frame.dcm").read_bytes(), RLELossless),  # a bit a pixel
        (compressed[:-500], ExplicitVRLittleEndian),  # the fragment is cut short
        (compressed[:200], ExplicitVRLittleEndian),
        (changed("MR_small_RLE.dcm", NumberOfFrames=1_000_000), ExplicitVRLittleEndian),
        (changed("MR_small_RLE.dcm", Rows=65535, Columns=65535), ExplicitVRLittleEndian),
        # Eight planes of overlays may stand above 8 bits of 16.
        (changed("MR_small.dcm", BitsStored=8, HighBit=7, PixelRepresentation=0), JPEGLSLossless),
        (oversized(), ExplicitVRLittleEndian),
        (b"no file at all", ExplicitVRLittleEndian),
    ]
    limits = Limits(workers=1, seconds=20, memory_bytes=1024**3)
    async with one_worker(limits, registry) as transcoder:
        for file, uid in refused:
            with pytest.raises(Untranscodable):
                await transcoded(transcoder, file, uid)
        assert await transcoded(transcoder, compressed, RLELossless)
    name = "axial_test_transcoding_instances_total"
    assert registry.get_sample_value(name, {"outcome": "impossible"}) == len(refused)
    assert registry.get_sample_value(name, {"outcome": "ok"}) == 1


async def test_damaged_files() -> None:
    """A file that is damaged anywhere is written or refused, never an error; the next whole one is written."""
    chance = random.Random(7)  # noqa: S311 - the same damages each time
    names = ("MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "image_dfl.dcm", "CT_small.dcm")
    outcomes = Counter[bool]()
    async with one_worker() as transcoder:
        for number in range(80):
            damaged = bytearray(shipped_file(names[number % len(names)]).read_bytes())
            for _ in range(3):
                damaged[chance.randrange(132, len(damaged))] = chance.randrange(256)
            try:
                await transcoded(transcoder, bytes(damaged), chance.choice(LOSSLESS))
            except Untranscodable:
                outcomes[False] += 1
            else:
                outcomes[True] += 1
        whole = shipped_file("MR_small_RLE.dcm").read_bytes()
        assert await transcoded(transcoder, whole, ExplicitVRLittleEndian)
    assert outcomes[True] > 20
    assert outcomes[False] > 20


async def test_table_of_offsets() -> None:
    """Of several frames the table tells where each one begins; of one there is none."""
    file = shipped_file("emri_small.dcm").read_bytes()
    async with one_worker() as transcoder:
        many = read(await transcoded(transcoder, file, RLELossless)).PixelData
        one = read(
            await transcoded(transcoder, shipped_file("CT_small.dcm").read_bytes(), RLELossless)
        ).PixelData
    assert one[:8] == b"\xfe\xff\x00\xe0\0\0\0\0"
    offsets = np.frombuffer(many[8:48], "<u4")
    assert all(many[48 + at :][:4] == b"\xfe\xff\x00\xe0" for at in offsets)
    assert len(set(offsets)) == 10
