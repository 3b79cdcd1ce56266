"""Reading frames: no more than is needed, and never more than there is."""

import pytest
from support.images import CountingStore, opened, stored_pixels

from axial.common.blobs import BlobMissing
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.dicom_files import dicom_file, encoded_element, shipped_file
from axial.index.images.reader import open_image
from axial.index.images.refusals import NoSuchFrame
from axial.pixels.refusals import Undecodable

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "name", ["color3d_jpeg_baseline.dcm", "emri_small.dcm", "examples_ybr_color.dcm"]
)
async def test_one_frame_alone_is_read(name: str) -> None:
    """A frame of many costs little more than its own bytes."""
    file = shipped_file(name).read_bytes()
    store = CountingStore()
    image = await opened(file, store)
    frame = await image.frame(image.header.frames // 2)
    assert store.read_bytes < len(frame.encoded) + 40_000 < len(file)


@pytest.mark.parametrize("number", [-1, 10, 2**31])
async def test_no_such_frame(number: int) -> None:
    """A frame beyond the last is not looked for."""
    image = await opened(shipped_file("emri_small.dcm").read_bytes())
    with pytest.raises(NoSuchFrame):
        await image.frame(number)


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "image_dfl.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "emri_small_RLE.dcm"],
)
@pytest.mark.parametrize("kept", [0.5, 0.9, 0.95])
async def test_cut_short(name: str, kept: float) -> None:
    """A file that is cut in its pixels has no last frame, and no half one."""
    file = shipped_file(name).read_bytes()
    stored = stored_pixels(file)
    store = MemoryBlobStore()
    await store.put(stored.blob_key, file[: int(len(file) * kept)])
    image = await open_image(store, stored)
    with pytest.raises(Undecodable):
        await image.frame(image.header.frames - 1)


async def test_long_element_before_the_description() -> None:
    """What stands behind an element too long for the index is read from the file."""
    plain = dicom_file(
        Rows=1,
        Columns=2,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        PixelData=b"\1\2",
    )
    at = plain.index(b"\x28\x00\x02\x00US")
    long_element = encoded_element(0x00211001, "OB", bytes(17 * 1024**2))
    image = await opened(plain[:at] + long_element + plain[at:])
    assert (await image.frame(0)).encoded == b"\1\2"


async def test_blob_is_gone() -> None:
    """A file that is away is told as such."""
    stored = stored_pixels(shipped_file("CT_small.dcm").read_bytes())
    image = await open_image(MemoryBlobStore(), stored)
    with pytest.raises(BlobMissing):
        await image.frame(0)


@pytest.mark.parametrize("name", ["CT_small.dcm", "JPEG2000.dcm"])
async def test_syntax_that_is_not_the_files(name: str) -> None:
    """Fragments are not taken for pixels, nor pixels for fragments."""
    file = shipped_file(name).read_bytes()
    native, jpeg = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.91"
    stored = stored_pixels(file)
    store = MemoryBlobStore()
    await store.put(stored.blob_key, file)
    swapped = jpeg if name == "CT_small.dcm" else native
    other = type(stored)(
        **{
            field: getattr(stored, field)
            for field in stored.__slots__
            if field != "transfer_syntax_uid"
        },
        transfer_syntax_uid=swapped.decode().strip("\0"),
    )
    image = await open_image(store, other)
    with pytest.raises(Undecodable):
        await image.frame(0)
