"""What a real Orthanc makes of the pixels of every shipped file, beside what we make of them."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image as Pictures
from support.images import opened

from axial.common.errors import AxialError, NotDicom
from axial.common.header import read_header
from axial.common.testing.dicom_files import shipped_file, shipped_files
from axial.index.images.drawing import perform
from axial.index.images.reader import Image
from axial.index.images.tasks import Matlab, Mode, Numbers, Output, Picture, Task
from axial.pixels.description import Pixels
from axial.pixels.frames import Frame
from axial.pixels.headers import Window, whole_range
from axial.pixels.native import as_stored_bytes
from axial.pixels.refusals import Undecodable

# pydicom and the codecs warn of what is odd in a file; in the worker nobody listens.
pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]

# Debian's Orthanc takes these 32-bit images for 16-bit ones when they are compressed.
MISREAD = {"rtdose_rle.dcm", "rtdose_rle_1frame.dcm"}

# Orthanc 1.10.1 does not look for the rescaling in the functional groups; 1.12 does.
RESCALED_BY_FUNCTIONAL_GROUPS = {"eCT_Supplemental.dcm"}

# Its codestream holds what looks like the end of the fragments; nobody can decode it.
BROKEN = {"JPEG2000-embedded-sequence-delimiter.dcm"}

# Its palette is longer than its descriptor tells.
OVERLONG_PALETTE = {"OT-PAL-8-face.dcm"}

# Orthanc takes seconds for a megapixel of text.
MAX_MATLAB_BYTES = 256 * 256 * 2

# Its answers take ten seconds each.
_LARGE_BYTES = 6_000_000

# Debian's Orthanc has no codec for it.
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


def contents(file: Path) -> bytes:
    """Read a file."""
    return file.read_bytes()


def files_with_pixels() -> list[Path]:
    """List the shipped files that the archive takes and that have pixels."""
    found = []
    for file in shipped_files():
        try:
            header = read_header(file.read_bytes())
        except NotDicom:
            continue
        if header.pixel_data_vr is not None:
            found.append(file)
    return found


def is_decoded_by_us_alone(pixels: Pixels) -> bool:
    """Tell what Orthanc 1.10.1 has no codec or no type of pixels for."""
    photometric = pixels.photometric_interpretation
    return (
        pixels.transfer_syntax_uid in _JPEG_2000
        or pixels.bits_stored > 16
        or (pixels.samples == 3 and pixels.bits_stored > 8)
        or (pixels.is_native and photometric.startswith("YBR"))
        or (pixels.palette is not None and (pixels.frames > 1 or pixels.bits_stored > 8))
    )


class Beside:
    """One frame, in Orthanc and here."""

    def __init__(self, orthanc: httpx2.Client, instance: str, image: Image, number: int) -> None:
        self._orthanc = orthanc
        self._path = f"/instances/{instance}/frames/{number}"
        self.image = image
        self.number = number
        self.pixels = image.pixels

    def theirs(self, path: str) -> bytes | None:
        """Ask Orthanc; None when it cannot."""
        answer = self._orthanc.get(f"{self._path}/{path}")
        return answer.content if answer.is_success else None

    async def frame(self) -> Frame:
        """Read the frame."""
        return await self.image.frame(self.number)

    async def ours(self, output: Output) -> bytes | None:
        """Do a task here; None when it cannot be done."""
        try:
            return perform(Task(self.pixels, await self.frame(), output))
        except Undecodable:
            return None

    def picture(self, mode: Mode) -> Picture:
        """Ask for a picture as the route does without arguments."""
        window = self.image.header.window(self.number) or whole_range(self.pixels)
        return Picture(mode, rescale=self.image.header.rescale(self.number), window=window)


def differences(ours: bytes, theirs: bytes) -> Any:
    """Compare two pictures, which must be of one size and type."""
    first, second = (Pictures.open(BytesIO(content)) for content in (ours, theirs))
    assert (first.mode, first.size) == (second.mode, second.size)
    return np.abs(np.asarray(first).astype(int) - np.asarray(second).astype(int))


@pytest.fixture
def upload(orthanc: httpx2.Client) -> Iterator[Any]:
    """Give a way to store files in Orthanc, which forgets them afterwards."""
    stored: list[str] = []

    def upload(file: Path) -> str | None:
        answer = orthanc.post("/instances", content=file.read_bytes())
        if not answer.is_success:
            return None
        stored.append(answer.json()["ParentPatient"])
        return str(answer.json()["ID"])

    yield upload
    for patient in stored:
        orthanc.delete(f"/patients/{patient}")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, marks=[pytest.mark.long] * (file.stat().st_size > _LARGE_BYTES))
        for file in files_with_pixels()
    ],
    ids=lambda file: file.name,
)
async def test_orthanc_shows_the_same(file: Path, orthanc: httpx2.Client, upload: Any) -> None:
    """The last frame of each file is the same picture, the same numbers, the same bytes."""
    instance = upload(file)
    if instance is None:
        return  # `test_tags_beside_orthanc` names the files that we alone take
    image = await opened(contents(file))
    beside = Beside(orthanc, instance, image, image.header.frames - 1)
    await compare_pictures(beside, file.name)
    await compare_numbers(beside, file.name)
    await compare_bytes(beside)


async def compare_pictures(beside: Beside, name: str) -> None:
    """Assert that pictures differ by a rounding at most."""
    for mode in Mode:
        ours, theirs = await ours_or_none(beside, mode), beside.theirs(mode)
        if theirs is None:
            is_more = name in OVERLONG_PALETTE or is_decoded_by_us_alone(beside.pixels)
            is_more &= name not in BROKEN
            is_single = beside.pixels.channels == 1 or mode in {Mode.PREVIEW, Mode.RENDERED}
            assert (mode, ours is not None) == (mode, is_more and is_single)
            continue
        assert ours is not None, mode
        if mode is Mode.RENDERED and name in MISREAD | RESCALED_BY_FUNCTIONAL_GROUPS:
            continue
        assert differences(ours, theirs).max() <= 1, mode


async def ours_or_none(beside: Beside, mode: Mode) -> bytes | None:
    """Make a picture; None when a codec fails, as the worker would tell."""
    try:
        return await beside.ours(beside.picture(mode))
    except (AxialError, RuntimeError):
        return None


async def compare_numbers(beside: Beside, name: str) -> None:
    """Assert that arrays have the same type, shape and numbers."""
    pixels = beside.pixels
    shape = (pixels.rows, pixels.columns, pixels.channels)
    theirs = beside.theirs("numpy?rescale=0")
    if theirs is not None and name not in MISREAD:
        expected = np.load(BytesIO(theirs))
        content = await beside.ours(Numbers(None))
        assert content is not None
        assert (expected.dtype, expected.shape) == (np.dtype(pixels.value_type), shape)
        ours = np.frombuffer(content, pixels.value_type).reshape(shape)
        assert np.array_equal(ours, expected)
        is_told_right = pixels.channels == 1 or pixels.rows == pixels.columns
        if is_told_right and ours.nbytes <= MAX_MATLAB_BYTES:
            # Orthanc tells the sides of a colour image in the wrong order.
            assert await beside.ours(Matlab()) == beside.theirs("matlab")
    theirs = beside.theirs("numpy")
    if theirs is not None and name not in MISREAD | RESCALED_BY_FUNCTIONAL_GROUPS:
        expected = np.load(BytesIO(theirs))
        content = await beside.ours(Numbers(beside.image.header.rescale(beside.number)))
        assert content is not None
        found = np.frombuffer(content, expected.dtype).reshape(expected.shape)
        # Orthanc 1.10.1 cuts off the fractions of its floating-point numbers.
        assert np.abs(found - expected.astype(float)).max() < 1


async def compare_bytes(beside: Beside) -> None:
    """Assert that the frame's own bytes are the same."""
    theirs = beside.theirs("raw")
    if theirs is None:
        return
    frame = await beside.frame()
    ours = frame.encoded
    if beside.pixels.is_native:
        ours = as_stored_bytes(beside.pixels, ours, frame.skipped_bits)
    assert ours == theirs


@pytest.mark.parametrize("name", ["CT_small.dcm", "SC_rgb.dcm", "US1_UNCI.dcm"])
@pytest.mark.parametrize(
    ("width", "height", "smooth"),
    [(50, 0, False), (50, 0, True), (300, 300, False), (77, 33, True), (0, 200, True)],
)
async def test_rendered_with_arguments(
    name: str,
    width: int,
    height: int,
    smooth: bool,  # noqa: FBT001 - a table's column
    orthanc: httpx2.Client,
    upload: Any,
) -> None:
    """A window and a size that are asked for give the same picture."""
    image = await opened(shipped_file(name).read_bytes())
    beside = Beside(orthanc, upload(shipped_file(name)), image, 0)
    theirs = beside.theirs(
        f"rendered?window-center=300&window-width=900&width={width}&height={height}&smooth={int(smooth)}"
    )
    picture = Picture(
        Mode.RENDERED,
        rescale=image.header.rescale(0),
        window=Window(300, 900),
        width=width,
        height=height,
        smooth=smooth,
    )
    ours = await beside.ours(picture)
    assert ours is not None
    assert theirs is not None
    assert differences(ours, theirs).max() <= 1
