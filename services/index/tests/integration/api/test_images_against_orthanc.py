"""The routes of images beside those of a real Orthanc, answer by answer."""

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any

import httpx2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from support.archive import Archive
from support.images import store_file
from support.orthanc import running_orthanc

from axial.common.testing.dicom_files import dicom_file, shipped_file
from axial.index.images.drawers import DRAWING
from axial.index.images.metrics import ImageMetrics
from axial.pixels.workers import Limits, open_workers

pytestmark = [pytest.mark.integration, pytest.mark.tools]

LIMITS = Limits(workers=1, seconds=60, memory_bytes=2 * 1024**3)
NOWHERE = "00000000-00000000-00000000-00000000-00000000"
MODES = ("preview", "rendered", "image-uint8", "image-uint16", "image-int16")

ENCAPSULATED_PDF_STORAGE = "1.2.840.10008.5.1.4.1.1.104.1"

# Said by Orthanc in another way, or not at all: what is asked, our status, theirs.
CLEARER = [
    ("preview?quality=0", 400, 415),
    ("preview?quality=x", 400, 415),
    ("rendered?width=-1", 400, 404),
    ("rendered?width=x", 400, 404),
    ("rendered?window-width=x", 400, 404),
    ("rendered?smooth=x", 400, 415),
]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as client:
        yield client


class Pair:
    """The same instance in both."""

    def __init__(self, archive: Archive, orthanc: httpx2.Client) -> None:
        self._archive = archive
        self._orthanc = orthanc

    async def store(self, file: bytes) -> str:
        """Store a file in both."""
        answer = self._orthanc.post("/instances", content=file)
        assert answer.is_success
        instance = await store_file(self._archive, file)
        assert answer.json()["ID"] == instance
        return str(instance)

    async def get(self, path: str, **headers: str) -> tuple[httpx2.Response, httpx2.Response]:
        """Ask both."""
        return await self._archive.get(path, **headers), self._orthanc.get(path, headers=headers)


@pytest.fixture
async def pair(archive: Archive, orthanc: httpx2.Client) -> AsyncIterator[Pair]:
    """Give both, empty."""
    async with open_workers(DRAWING, LIMITS, ImageMetrics(CollectorRegistry())) as workers:
        archive.app.state.image_workers = workers
        yield Pair(archive, orthanc)
    for patient in orthanc.get("/patients").json():
        orthanc.delete(f"/patients/{patient}")


def array(response: httpx2.Response) -> Any:
    """Read an array, packed or not."""
    loaded = np.load(BytesIO(response.content))
    return loaded["arr_0"] if isinstance(loaded, np.lib.npyio.NpzFile) else loaded


async def test_same_answers(pair: Pair) -> None:
    """Statuses and types are the same, and errors with words have the same ones."""
    grey = await pair.store(shipped_file("CT_small.dcm").read_bytes())
    colour = await pair.store(shipped_file("SC_rgb.dcm").read_bytes())
    report = await pair.store(shipped_file("reportsi.dcm").read_bytes())
    many = await pair.store(shipped_file("emri_small.dcm").read_bytes())
    paths = [f"{path}/{mode}" for path in (grey, colour, report, many, NOWHERE) for mode in MODES]
    paths += [f"{many}/frames/{n}/{mode}" for n in (9, 10, "x", -1) for mode in MODES]
    paths += [f"{many}/frames/{n}/{kind}" for n in (9, 10) for kind in ("raw", "raw.gz", "matlab")]
    paths += [f"{many}/frames/{n}/numpy" for n in (9, 10, "x")]
    paths += [
        f"{many}/frames/x/raw",
        f"{many}/frames/0/nothing",
        f"{many}/frames/0",
        f"{many}/frames/99",
    ]
    paths += [f"{one}/frames" for one in (grey, many, report, NOWHERE)]
    paths += [
        f"{grey}/numpy?compress=x",
        f"{grey}/numpy?rescale=x",
        f"{grey}/pdf",
        f"{NOWHERE}/pdf",
    ]
    for path in paths:
        ours, theirs = await pair.get(f"/instances/{path}")
        assert (path, ours.status_code) == (path, theirs.status_code)
        if theirs.is_success:
            assert ours.headers["content-type"] == theirs.headers["content-type"]
        elif theirs.content:
            assert (path, ours.json()["OrthancStatus"]) == (path, theirs.json()["OrthancStatus"])
        if theirs.headers.get("content-type", "").startswith("application/json"):
            assert ours.json() == theirs.json()


async def test_formats(pair: Pair) -> None:
    """The same format is chosen."""
    instance = await pair.store(shipped_file("CT_small.dcm").read_bytes())
    for accept in (
        "image/jpeg",
        "image/*",
        "*/*",
        "image/webp,*/*;q=0.1",
        "image/png;q=0.2, image/jpeg;q=0.5",
        "image/jpeg, image/png",
        "image/png, image/jpeg",
        "image/x-portable-arbitrarymap",
    ):
        ours, theirs = await pair.get(f"/instances/{instance}/preview", Accept=accept)
        assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert ours.content == theirs.content  # the last one, which is not compressed


@pytest.mark.parametrize(("path", "ours", "theirs"), CLEARER)
async def test_clearer_answers(pair: Pair, path: str, ours: int, theirs: int) -> None:
    """What is wrong with an argument is told as that."""
    instance = await pair.store(shipped_file("CT_small.dcm").read_bytes())
    told, expected = await pair.get(f"/instances/{instance}/{path}")
    assert (told.status_code, expected.status_code) == (ours, theirs)


async def test_arrays(pair: Pair) -> None:
    """Arrays of instances and series are the same, packed and not."""
    slices = [
        dicom_file(
            SOPInstanceUID=f"1.2.3.4.{number}",
            InstanceNumber=str(number),
            ImagePositionPatient=[0, 0, place],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            Rows=2,
            Columns=2,
            SamplesPerPixel=1,
            PhotometricInterpretation="MONOCHROME2",
            BitsAllocated=8,
            BitsStored=8,
            HighBit=7,
            PixelRepresentation=0,
            RescaleSlope="2",
            RescaleIntercept="-1",
            PixelData=bytes([number] * 4),
        )
        for number, place in ((1, 20), (2, -5), (3, 7))
    ]
    first, *_ = [await pair.store(file) for file in slices]
    series = (await pair.get("/series"))[1].json()[0]
    for path in (f"/instances/{first}/numpy", f"/series/{series}/numpy"):
        for query in ("", "?rescale=0", "?compress=1", "?compress"):
            ours, theirs = await pair.get(path + query)
            assert ours.headers["content-type"] == theirs.headers["content-type"]
            assert array(ours).dtype == array(theirs).dtype
            assert np.array_equal(array(ours), array(theirs))


async def test_pdf(pair: Pair) -> None:
    """A PDF comes without its padding."""
    document = b"%PDF-1.7\n1234\n%%EOF"
    file = dicom_file(
        SOPClassUID=ENCAPSULATED_PDF_STORAGE,
        EncapsulatedDocument=document,
        EncapsulatedDocumentLength=len(document),
        MIMETypeOfEncapsulatedDocument="application/pdf",
    )
    assert len(document) % 2 == 1
    instance = await pair.store(file)
    ours, theirs = await pair.get(f"/instances/{instance}/pdf")
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert ours.content == theirs.content == document
