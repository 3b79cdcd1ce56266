"""What became of a retrieval's sub-operations."""

import io

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from axial.dicom_gateway.operations.tally import Tally
from axial.dimse.messages.commands import Element
from axial.dimse.messages.status import Status

pytestmark = pytest.mark.unit


def tally(*statuses: int | None) -> Tally:
    """Count sub-operations, of five."""
    made = Tally(5)
    for number, status in enumerate(statuses):
        made.count(f"1.{number}", status)
    return made


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.SUCCESS),
        ([0, 0], Status.SUCCESS),
        ([0, 0xB000], Status.WARNING),
        ([0xB007], Status.WARNING),
        ([0, None], Status.WARNING),
        ([0xB000, 0xA700], Status.WARNING),
        ([None, 0xA700, 0xC000, 0x0122], Status.CANNOT_SEND),
    ],
)
def test_how_it_ended(statuses: list[int | None], expected: Status) -> None:
    """Failures beside successes are a warning, failures alone a failure (PS3.4 table C.4-2)."""
    assert tally(*statuses).status() is expected


def test_counts() -> None:
    """Each sub-operation is counted once; what remains is told while something may, and never in the end."""
    counted = tally(0, 0xB000, 0xA700, None)
    ends = {
        Element.COMPLETED_SUBOPERATIONS: 1,
        Element.WARNING_SUBOPERATIONS: 1,
        Element.FAILED_SUBOPERATIONS: 2,
    }
    assert counted.elements(Status.WARNING) == ends
    goes_on = {**ends, Element.REMAINING_SUBOPERATIONS: 1}
    assert counted.elements(Status.PENDING) == goes_on
    assert counted.elements(Status.CANCELLED) == goes_on


def test_more_than_a_count_can_tell() -> None:
    """The counts have two bytes: of a million there are at least as many as fit."""
    assert Tally(1_000_000).elements(Status.PENDING)[Element.REMAINING_SUBOPERATIONS] == 0xFFFF


@pytest.mark.parametrize("transfer_syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize("count", [1, 3, 5000])
def test_failures_are_named(transfer_syntax: str, count: int) -> None:
    """The instances that did not get there are listed, however many; pydicom reads them."""
    failed = Tally(count)
    uids = [f"1.2.840.{number}" for number in range(count)]
    for uid in uids:
        failed.count(uid, None)
    raw = failed.failures(transfer_syntax)
    dataset = dcmread(io.BytesIO(raw), force=True)
    told = dataset[0x00080058].value
    text = told.decode() if isinstance(told, bytes) else told
    named = text.rstrip("\0").split("\\") if isinstance(text, str) else list(text)
    assert named == uids
    assert tally(0).failures(transfer_syntax) == b""
