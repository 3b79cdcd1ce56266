"""The tags of an instance, from the header in the projection or in its blob."""

import io

import pytest
import zstandard
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from support.archive import Archive

from axial.common.events import InstanceReceived
from axial.common.identifiers import resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

ID = resource_ids("P", "1", "1.1", "1.1.1").instance


def with_header(comment: str, *, pixel_data_vr: str | None = None) -> InstanceReceived:
    """Tell of an instance whose header has a comment."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Müller^Ä"
    dataset.add_new(0x00104000, "UT", comment)  # unlike an LT, a UT may be as long as a test needs
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    raw = io.BytesIO()
    dataset.save_as(raw, enforce_file_format=False)
    return instance_received().model_copy(
        update={"header": zstandard.compress(raw.getvalue()), "pixel_data_vr": pixel_data_vr}
    )


FULL = {
    "0008,0005": {"Name": "SpecificCharacterSet", "Type": "String", "Value": "ISO_IR 192"},
    "0010,0010": {"Name": "PatientName", "Type": "String", "Value": "Müller^Ä"},
    "0010,4000": {"Name": "PatientComments", "Type": "String", "Value": "short"},
}
SHORT = {tag: told["Value"] for tag, told in FULL.items()}
SIMPLE = {told["Name"]: told["Value"] for told in FULL.values()}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tags", FULL),
        ("tags?full", FULL),
        ("tags?short", SHORT),
        ("tags?simplify", SIMPLE),
        ("tags?simplify=True", SIMPLE),
        ("simplified-tags", SIMPLE),
        ("simplified-tags/", SIMPLE),
    ],
)
async def test_formats(archive: Archive, path: str, expected: dict[str, object]) -> None:
    """The tags come in the format asked for."""
    await archive.project(with_header("short"))
    assert await archive.json(f"/instances/{ID}/{path}") == expected


async def test_pixel_data_is_told_of(archive: Archive) -> None:
    """The header ends before the pixel data; the tags name it all the same, without its bytes."""
    await archive.project(with_header("short", pixel_data_vr="OW"))
    tags = await archive.json(f"/instances/{ID}/tags")
    assert tags["7fe0,0010"] == {"Name": "PixelData", "Type": "Null", "Value": None}


@pytest.mark.parametrize(
    "ignore", ["0010,4000", "0010-4000", "00104000", "PatientComments", "PatientID;PatientComments"]
)
async def test_long_values(archive: Archive, ignore: str) -> None:
    """A long value is left out, unless the caller wants it."""
    await archive.project(with_header("long " * 100))
    path = f"/instances/{ID}/tags"
    assert (await archive.json(path))["0010,4000"]["Type"] == "TooLong"
    told = (await archive.json(f"{path}?ignore-length={ignore}"))["0010,4000"]
    assert told["Value"] == ("long " * 100).rstrip()


async def test_what_is_no_tag(archive: Archive) -> None:
    """A tag that does not exist is the caller's mistake."""
    await archive.project(with_header("short"))
    assert (await archive.get(f"/instances/{ID}/tags?ignore-length=Nothing")).status_code == 400


async def test_header_in_a_blob(archive: Archive) -> None:
    """A header too large for an event is read from its blob."""
    event = with_header("short")
    assert event.header is not None
    key = "2026/11/20/2358/large.header"
    await archive.blobs.put(key, event.header)
    await archive.project(event.model_copy(update={"header": None, "header_blob_key": key}))
    assert await archive.json(f"/instances/{ID}/simplified-tags") == SIMPLE


async def test_large_header(archive: Archive) -> None:
    """A header that is decoded on a thread is the same as one that is not."""
    noise = "".join(chr(0x4E00 + n * n % 20_000) for n in range(20_000))
    event = with_header(noise)
    assert event.header is not None
    assert len(event.header) > 16 * 1024
    await archive.project(event)
    told = await archive.json(f"/instances/{ID}/tags?ignore-length=PatientComments")
    assert told["0010,4000"]["Value"] == noise


async def test_unknown_instance(archive: Archive) -> None:
    """What is not there has no tags."""
    for route in ("tags", "simplified-tags", "header", "module"):
        assert (await archive.get(f"/instances/{ID}/{route}")).status_code == 404


async def test_tags_of_many_instances(archive: Archive) -> None:
    """They are read some at a time, and told in the order of identifiers; one that has gone meanwhile is left out."""
    events = [
        with_header(f"comment {number % 2}").model_copy(
            update={"sop_instance_uid": f"1.1.1.{number}", "blob_key": f"2026/11/20/{number}.dcm"}
        )
        for number in range(40)
    ]
    gone = events[7].model_copy(update={"header": None, "header_blob_key": "2026/11/20/gone"})
    await archive.project(*events[:7], gone, *events[8:])
    series = resource_ids("P", "1", "1.1", "1.1.1").series
    told = await archive.json(f"/series/{series}/instances-tags?simplify")
    left = [event for event in events if event.sop_instance_uid != gone.sop_instance_uid]
    assert list(told) == sorted(event.resource_ids().instance for event in left)
    assert {tags["PatientComments"] for tags in told.values()} == {"comment 0", "comment 1"}
    shared = await archive.json(f"/series/{series}/shared-tags?simplify")
    assert shared == {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Müller^Ä"}
