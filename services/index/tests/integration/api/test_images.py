"""Images over HTTP, decoded by real processes."""

import gzip
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from prometheus_client import CollectorRegistry
from pydicom import dcmread
from pydicom.dataset import Dataset
from support.archive import Archive
from support.images import store_file

from axial.common.identifiers import ResourceId
from axial.common.testing.dicom_files import dicom_file, shipped_file
from axial.index.images.drawers import DRAWING
from axial.index.images.metrics import ImageMetrics
from axial.pixels.workers import Limits, open_workers

pytestmark = pytest.mark.integration

LIMITS = Limits(workers=1, seconds=60, memory_bytes=2 * 1024**3)
NOWHERE = "00000000-00000000-00000000-00000000-00000000"
MODES = ("preview", "rendered", "image-uint8", "image-uint16", "image-int16")


@pytest.fixture
async def gallery(archive: Archive) -> AsyncIterator[Archive]:
    """Give an archive that decodes."""
    async with open_workers(DRAWING, LIMITS, ImageMetrics(CollectorRegistry())) as workers:
        archive.app.state.image_workers = workers
        yield archive


async def store(gallery: Archive, name: str) -> ResourceId:
    """Store one of the shipped files."""
    return await store_file(gallery, shipped_file(name).read_bytes())


def pixels(content: bytes) -> Any:
    """Read a picture."""
    return np.asarray(Image.open(BytesIO(content)))


async def test_kinds_of_picture(gallery: Archive) -> None:
    """Each kind comes as PNG with its own type of values, of the instance and of its frame."""
    instance = await store(gallery, "CT_small.dcm")
    values = dcmread(shipped_file("CT_small.dcm")).pixel_array
    for mode, expected in (
        ("image-uint8", np.clip(values, 0, 255)),
        ("image-uint16", np.clip(values, 0, 65535)),
        ("image-int16", values.astype(np.uint16)),
    ):
        answer = await gallery.get(f"/instances/{instance}/{mode}")
        assert answer.headers["content-type"] == "image/png"
        assert np.array_equal(pixels(answer.content), expected)
        frame = await gallery.get(f"/instances/{instance}/frames/0/{mode}")
        assert frame.content == answer.content
    shown = pixels((await gallery.get(f"/instances/{instance}/preview")).content)
    assert (shown.min(), shown.max(), shown.dtype) == (0, 255, np.uint8)


@pytest.mark.parametrize(
    ("accept", "status", "type_"),
    [
        ("image/jpeg", 200, "image/jpeg"),
        ("image/x-portable-arbitrarymap", 200, "image/x-portable-arbitrarymap"),
        ("*/*", 200, "image/png"),
        ("image/webp, image/*;q=0.5", 200, "image/png"),
        ("image/png;q=0.2, image/jpeg;q=0.5", 200, "image/jpeg"),
        ("text/html", 406, "text/plain"),
    ],
)
async def test_formats(gallery: Archive, accept: str, status: int, type_: str) -> None:
    """The caller chooses the format; what is not offered is refused."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(f"/instances/{instance}/preview", Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (status, type_)


async def test_portable_arbitrary_map(gallery: Archive) -> None:
    """A PAM is exact: its head, and big endian numbers."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(
        f"/instances/{instance}/image-int16", Accept="image/x-portable-arbitrarymap"
    )
    head, _, body = answer.content.partition(b"ENDHDR\n")
    assert head == b"P7\nWIDTH 128\nHEIGHT 128\nDEPTH 1\nMAXVAL 65535\nTUPLTYPE GRAYSCALE\n"
    values = np.frombuffer(body, ">i2").reshape(128, 128)
    assert np.array_equal(values, dcmread(shipped_file("CT_small.dcm")).pixel_array)


async def test_rendered(gallery: Archive) -> None:
    """The window and the box are the caller's to choose; the shape of the image is kept."""
    instance = await store(gallery, "CT_small.dcm")
    path = f"/instances/{instance}/rendered"
    narrow = await gallery.get(f"{path}?window-center=40&window-width=400")
    values = dcmread(shipped_file("CT_small.dcm")).pixel_array.astype(float) - 1024
    expected = np.clip((values - 40 + 200) * 255 / 400, 0, 255)
    assert np.abs(pixels(narrow.content) - expected).max() < 1.01
    small = await gallery.get(f"{path}?width=64&height=1000&smooth=1")
    assert pixels(small.content).shape == (64, 64)
    large = await gallery.get(f"{path}?height=256")
    assert pixels(large.content).shape == (256, 256)


@pytest.mark.parametrize(
    "query",
    [
        "rendered?window-width=nan",
        "rendered?smooth=perhaps",
        "preview?quality=0",
        "preview?quality=101",
        "numpy?compress=perhaps",
        "frames/1/numpy",
        "frames/x/numpy",
        "frames/1/raw",
        "frames/1/matlab",
    ],
)
async def test_bad_arguments(gallery: Archive, query: str) -> None:
    """An argument that makes no sense is told as such."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(f"/instances/{instance}/{query}")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (400, 3)


@pytest.mark.parametrize("query", ["rendered?width=-1", "rendered?width=x"])
async def test_arguments_that_are_no_numbers(gallery: Archive, query: str) -> None:
    """What should be a number and is none is told apart."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(f"/instances/{instance}/{query}")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (400, 5)


@pytest.mark.parametrize("path", [*MODES, "matlab", "numpy", "pdf", "frames", "frames/0/raw"])
async def test_what_is_not_there(gallery: Archive, path: str) -> None:
    """An unknown instance is unknown on every route."""
    assert (await gallery.get(f"/instances/{NOWHERE}/{path}")).status_code == 404
    assert (await gallery.get(f"/series/{NOWHERE}/numpy")).status_code == 404


@pytest.mark.parametrize("frame", ["1", "x", "-1", "1e1", "99999999999999999999"])
async def test_no_such_frame(gallery: Archive, frame: str) -> None:
    """A picture of a frame that does not exist is not found."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(f"/instances/{instance}/frames/{frame}/preview")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, 17)


@pytest.mark.parametrize("name", ["reportsi.dcm", "MR_truncated.dcm"])
@pytest.mark.parametrize("path", [*MODES, "numpy", "matlab", "frames/0/raw"])
async def test_undecodable(gallery: Archive, name: str, path: str) -> None:
    """What has no image, or half of one, is told with the reason."""
    instance = await store(gallery, name)
    answer = await gallery.get(f"/instances/{instance}/{path}")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (415, 3000)
    assert answer.json()["Details"] in {"The instance has no image", "The pixel data are cut short"}
    if path in MODES:
        instead = await gallery.get(f"/instances/{instance}/{path}?returnUnsupportedImage")
        assert instead.headers["content-type"] == "image/png"
        assert pixels(instead.content).shape == (256, 256)


async def test_frames(gallery: Archive) -> None:
    """Frames are listed by number, with what can be asked of them."""
    instance = await store(gallery, "emri_small.dcm")
    assert await gallery.json(f"/instances/{instance}/frames") == list(range(10))
    assert await gallery.json(f"/instances/{instance}/frames/0") == [
        "image-int16",
        "image-uint16",
        "image-uint8",
        "matlab",
        "numpy",
        "preview",
        "raw",
        "raw.gz",
        "rendered",
    ]


async def test_raw_frames(gallery: Archive) -> None:
    """A frame comes as it is encoded, by itself or in a gzip file."""
    native = await store(gallery, "emri_small.dcm")
    compressed = await store(gallery, "JPEG2000.dcm")
    values = dcmread(shipped_file("emri_small.dcm")).pixel_array
    raw = await gallery.get(f"/instances/{native}/frames/3/raw")
    assert (raw.headers["content-type"], raw.content) == (
        "application/octet-stream",
        values[3].tobytes(),
    )
    packed = await gallery.get(f"/instances/{native}/frames/3/raw.gz")
    assert packed.headers["content-type"] == "application/gzip"
    assert gzip.decompress(packed.content) == raw.content
    codestream = await gallery.get(f"/instances/{compressed}/frames/0/raw")
    assert codestream.headers["content-type"] == "image/jp2"
    assert codestream.content.startswith(b"\xff\x4f")


async def test_matlab(gallery: Archive) -> None:
    """Rows are separated by semicolons."""
    instance = await store(gallery, "CT_small.dcm")
    answer = await gallery.get(f"/instances/{instance}/matlab")
    assert answer.headers["content-type"] == "text/plain"
    rows = answer.text.removeprefix("double([ ").removesuffix(" ])").split(" ; ")
    values = np.array([[int(value) for value in row.split()] for row in rows])
    assert np.array_equal(values, dcmread(shipped_file("CT_small.dcm")).pixel_array)


async def test_numpy(gallery: Archive) -> None:
    """Arrays have four dimensions, those of a frame three; grey values are rescaled unless told otherwise."""
    path = f"/instances/{await store(gallery, 'CT_small.dcm')}"
    values = dcmread(shipped_file("CT_small.dcm")).pixel_array
    answer = await gallery.get(f"{path}/numpy")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(answer.content))
    array = np.load(BytesIO(answer.content))
    assert (array.shape, array.dtype) == ((1, 128, 128, 1), np.float32)
    assert np.array_equal(array[0, :, :, 0], values - 1024.0)
    stored = np.load(BytesIO((await gallery.get(f"{path}/frames/0/numpy?rescale=0")).content))
    assert (stored.dtype, stored.shape) == (np.int16, (128, 128, 1))
    assert np.array_equal(stored[:, :, 0], values)


async def test_compressed_numpy(gallery: Archive) -> None:
    """An archive holds the same array, under the name that numpy gives the first one."""
    path = f"/instances/{await store(gallery, 'emri_small.dcm')}/numpy"
    plain = np.load(BytesIO((await gallery.get(path)).content))
    packed = np.load(BytesIO((await gallery.get(f"{path}?compress=true")).content))
    assert list(packed) == ["arr_0"]
    assert np.array_equal(packed["arr_0"], plain)
    assert plain.shape == (10, 64, 64, 1)


def slice_of(number: int, place: float, value: int, rows: int = 2) -> bytes:
    """Make a slice of a series."""
    image: dict[str, Any] = {
        "SOPInstanceUID": f"1.2.3.4.{number}",
        "InstanceNumber": str(number),
        "ImagePositionPatient": [0, 0, place],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "Rows": rows,
        "Columns": 2,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }
    return dicom_file(**image, PixelData=bytes([value]) * 2 * rows)


async def test_series_as_numpy(gallery: Archive) -> None:
    """A series comes in the order of its slices in space, whatever their numbers."""
    for number, place in ((1, 20.0), (2, -5.0), (3, 7.5)):
        await store_file(gallery, slice_of(number, place, value=number))
    (series,) = await gallery.json("/series")
    array = np.load(BytesIO((await gallery.get(f"/series/{series}/numpy?rescale=0")).content))
    assert array.shape == (3, 2, 2, 1)
    assert array[:, 0, 0, 0].tolist() == [2, 3, 1]


async def test_series_of_different_sizes(gallery: Archive) -> None:
    """What makes no array is told before anything is sent."""
    await store_file(gallery, slice_of(1, 0.0, 1))
    await store_file(gallery, slice_of(2, 1.0, 2, rows=3))
    (series,) = await gallery.json("/series")
    answer = await gallery.get(f"/series/{series}/numpy")
    assert answer.status_code == 415
    assert "varies" in answer.json()["Details"]


@pytest.mark.parametrize("size", [1000, 1001, 17 * 1024**2, 17 * 1024**2 + 1])
async def test_pdf(gallery: Archive, size: int) -> None:
    """A PDF comes out as it went in, also when it is too long for the header that the index keeps."""
    document = b"%PDF-1.7\n" + bytes(size) + b"%%EOF\n\n"
    file = dicom_file(
        EncapsulatedDocument=document,
        EncapsulatedDocumentLength=len(document),
        MIMETypeOfEncapsulatedDocument="application/pdf",
    )
    instance = await store_file(gallery, file)
    answer = await gallery.get(f"/instances/{instance}/pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content == document
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_no_pdf(gallery: Archive) -> None:
    """An instance without a document, or with one of another kind, has no PDF."""
    image = await store(gallery, "CT_small.dcm")
    other = await store_file(
        gallery,
        dicom_file(
            SOPInstanceUID="1.2.3.5",
            EncapsulatedDocument=b"<a/>",
            MIMETypeOfEncapsulatedDocument="text/xml",
        ),
    )
    for instance in (image, other):
        assert (await gallery.get(f"/instances/{instance}/pdf")).status_code == 404


def hostile(**changes: Any) -> bytes:
    """Spoil a good file."""
    dataset: Dataset = dcmread(shipped_file("CT_small.dcm"))
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": 65535, "Columns": 65535},
        {"Rows": 65535, "Columns": 1000},
        {"Rows": 0},
        {"BitsAllocated": 7},
        {"BitsStored": 0},
        {"BitsStored": 40},
        {"HighBit": 65535},
        {"SamplesPerPixel": 65535},
        {"NumberOfFrames": 2147483647, "Columns": 65535},
        {"NumberOfFrames": 2147483647},
        {"NumberOfFrames": -5, "Rows": 300},
    ],
)
async def test_hostile_headers(gallery: Archive, changes: dict[str, Any]) -> None:
    """A header that lies about its image costs nothing but an answer."""
    instance = await store_file(gallery, hostile(**changes))
    for path in ("preview", "numpy", "frames/0/raw"):
        answer = await gallery.get(f"/instances/{instance}/{path}")
        assert answer.status_code == 415


async def test_more_frames_than_there_are(gallery: Archive) -> None:
    """An array whose last frame is missing is refused before its first is sent."""
    instance = await store_file(gallery, hostile(NumberOfFrames=2))
    assert (await gallery.get(f"/instances/{instance}/frames/0/preview")).status_code == 200
    assert (await gallery.get(f"/instances/{instance}/numpy")).status_code == 415
