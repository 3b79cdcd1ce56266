"""Requests and reports of storage commitment: as pydicom reads and writes them, and as nobody should."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID
from pynetdicom.dsutils import decode as decode_dataset
from pynetdicom.dsutils import encode as encode_dataset

from axial.common.sop_classes import STORAGE_COMMITMENT
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE
from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.messages.commands import Command, Element, Field, Value, decode, encode
from axial.dimse.messages.commitments import (
    STORAGE_COMMITMENT_INSTANCE,
    BadCommitment,
    CommitmentReport,
    CommitmentRequest,
    Failure,
    Reason,
    Reference,
    read_report,
    read_request,
    write_report,
    write_request,
)
from axial.dimse.messages.status import Status

pytestmark = pytest.mark.unit

SYNTAXES = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
)
ONE, TWO, THREE = (Reference(CT_IMAGE_STORAGE, f"1.2.3.{at}") for at in range(3))
REQUEST = CommitmentRequest("2.25.17", (ONE, TWO))
REPORT = CommitmentReport("2.25.17", (ONE,), (Failure(TWO, 0x0112), Failure(THREE, 0x9999)))


def command(
    field: Field,
    kind: int,
    sop_class: str = STORAGE_COMMITMENT,
    instance: str = STORAGE_COMMITMENT_INSTANCE,
) -> Command:
    """Make the command set that goes with a data set, as it is received."""
    names = {
        Field.N_ACTION_RQ: (
            Element.REQUESTED_SOP_CLASS_UID,
            Element.REQUESTED_SOP_INSTANCE_UID,
            Element.ACTION_TYPE_ID,
        ),
        Field.N_EVENT_REPORT_RQ: (
            Element.AFFECTED_SOP_CLASS_UID,
            Element.AFFECTED_SOP_INSTANCE_UID,
            Element.EVENT_TYPE_ID,
        ),
    }
    values: tuple[Value, ...] = (sop_class, instance, kind)
    elements = dict(zip(names[field], values, strict=True))
    return decode(encode(field, elements, data_set=True))


ACTION = command(Field.N_ACTION_RQ, 1)
ALL_COMMITTED = command(Field.N_EVENT_REPORT_RQ, 1)
SOME_FAILED = command(Field.N_EVENT_REPORT_RQ, 2)


def written(dataset: Dataset, syntax: str = EXPLICIT_VR_LITTLE_ENDIAN) -> bytes:
    """Write a data set as a peer does."""
    uid = UID(syntax)
    raw = encode_dataset(
        dataset, uid.is_implicit_VR, uid.is_little_endian, deflated=uid.is_deflated
    )
    assert raw is not None
    return raw


def read(raw: bytes, syntax: str) -> Dataset:
    """Read a data set as a peer does."""
    uid = UID(syntax)
    return decode_dataset(
        BytesIO(raw), uid.is_implicit_VR, uid.is_little_endian, deflated=uid.is_deflated
    )


def referred(reference: Reference, reason: int | None = None) -> Dataset:
    """Make an item of one of the sequences."""
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sop_class_uid
    item.ReferencedSOPInstanceUID = reference.sop_instance_uid
    if reason is not None:
        item.FailureReason = reason
    return item


def told(*committed: Reference, failed: dict[Reference, int] | None = None) -> Dataset:
    """Make a request, or a report."""
    dataset = Dataset()
    dataset.TransactionUID = "2.25.17"
    dataset.ReferencedSOPSequence = Sequence(map(referred, committed))
    if failed is not None:
        items = (referred(reference, reason) for reference, reason in failed.items())
        dataset.FailedSOPSequence = Sequence(items)
    return dataset


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_peers_messages_are_read(syntax: str) -> None:
    """A request and a report are read in every transfer syntax, the reasons of failures with them."""
    assert read_request(ACTION, written(told(ONE, TWO), syntax), syntax) == REQUEST
    failed = {TWO: 0x0112, THREE: 0x9999}
    assert read_report(SOME_FAILED, written(told(ONE, failed=failed), syntax), syntax) == REPORT


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_peer_reads_ours(syntax: str) -> None:
    """What we write is what pydicom reads, in every transfer syntax."""
    request = read(write_request(REQUEST, syntax), syntax)
    assert request == told(ONE, TWO)
    report = read(write_report(REPORT, syntax), syntax)
    assert report == told(ONE, failed={TWO: 0x0112, THREE: 0x9999})
    assert [element.tag for element in report] == sorted(element.tag for element in report)


def test_an_empty_list_of_what_is_committed_is_left_out_beside_failures() -> None:
    """PS3.4 table J.3-2 has it only if something is committed; a report of nothing has it empty."""
    syntax = EXPLICIT_VR_LITTLE_ENDIAN
    all_failed = CommitmentReport("2.25.17", (), (Failure(ONE, 0x0110),))
    assert "ReferencedSOPSequence" not in read(write_report(all_failed, syntax), syntax)
    assert all_failed.event == 2
    nothing = CommitmentReport("2.25.17", (), ())
    assert len(read(write_report(nothing, syntax), syntax).ReferencedSOPSequence) == 0
    assert nothing.event == 1


def test_what_is_failed_is_not_committed() -> None:
    """A report that calls an instance both is taken at its worse word, whatever type it has."""
    raw = written(told(ONE, TWO, failed={TWO: 0x0110}))
    for event in (ALL_COMMITTED, SOME_FAILED):
        report = read_report(event, raw, EXPLICIT_VR_LITTLE_ENDIAN)
        assert report.committed == (ONE,)
        assert report.failed == (Failure(TWO, 0x0110),)


def test_a_failure_without_a_reason_is_one() -> None:
    """An item of the failed instances that says no more has failed all the same."""
    dataset = told(failed={})
    dataset.FailedSOPSequence = Sequence([referred(ONE)])
    report = read_report(SOME_FAILED, written(dataset), EXPLICIT_VR_LITTLE_ENDIAN)
    assert report.failed == (Failure(ONE, Reason.PROCESSING_FAILURE),)


@pytest.mark.parametrize(
    ("heard", "status"),
    [
        (command(Field.N_ACTION_RQ, 2), Status.NO_SUCH_ACTION),
        (command(Field.N_ACTION_RQ, 1, instance="1.2.3"), Status.NO_SUCH_INSTANCE),
        (command(Field.N_ACTION_RQ, 1, sop_class="1.2.3"), Status.NO_SUCH_SOP_CLASS),
    ],
)
def test_another_action_is_refused(heard: Command, status: Status) -> None:
    """What is not storage commitment is told so, by the status that says what is wrong."""
    with pytest.raises(BadCommitment) as refused:
        read_request(heard, written(told(ONE)), EXPLICIT_VR_LITTLE_ENDIAN)
    assert refused.value.status is status


def test_another_event_is_refused() -> None:
    """There are two types of event."""
    with pytest.raises(BadCommitment) as refused:
        read_report(
            command(Field.N_EVENT_REPORT_RQ, 3), written(told(ONE)), EXPLICIT_VR_LITTLE_ENDIAN
        )
    assert refused.value.status is Status.NO_SUCH_EVENT_TYPE


def without(name: str) -> bytes:
    """Write a request that lacks an attribute."""
    dataset = told(ONE)
    delattr(dataset, name)
    return written(dataset)


def about(transaction_uid: str, *references: Reference) -> bytes:
    """Write what pydicom would rather not."""
    return write_request(CommitmentRequest(transaction_uid, references), EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        without("TransactionUID"),
        without("ReferencedSOPSequence"),
        about("", ONE),
        about("DOE^JOHN", ONE),
        about("1" * 65, ONE),
        about("2.25.17", Reference("1.2", "DOE^JOHN")),
        about("2.25.17", ONE, Reference("", "1.2")),
    ],
)
def test_what_is_missing_or_no_uid_is_refused(raw: bytes) -> None:
    """Neither a request nor a report is half read; nothing but UIDs gets any further."""
    for reading, heard in ((read_request, ACTION), (read_report, ALL_COMMITTED)):
        with pytest.raises(BadCommitment) as refused:
            reading(heard, raw, EXPLICIT_VR_LITTLE_ENDIAN)
        assert refused.value.status is Status.INVALID_ARGUMENT


def test_failures_that_cannot_be_read_are_not_none() -> None:
    """A report of failures whose list is empty or cut off is refused: it must not read as a success."""
    empty = written(told(ONE, failed={}))
    cut_off = written(told(failed={TWO: 0x0112}))[:60]
    for raw in (empty, cut_off):
        with pytest.raises(BadCommitment):
            read_report(SOME_FAILED, raw, EXPLICIT_VR_LITTLE_ENDIAN)


@given(
    raw=st.binary(max_size=200),
    cut=st.integers(0, 150),
    syntax=st.sampled_from(SYNTAXES),
    heard=st.sampled_from([ALL_COMMITTED, SOME_FAILED]),
)
def test_hostile_bytes_are_refused_or_read(
    raw: bytes, cut: int, syntax: str, heard: Command
) -> None:
    """Whatever comes is a message with UIDs in it, or refused; nothing else is raised."""
    begun = write_report(REPORT, syntax)[:cut] + raw
    try:
        report = read_report(heard, begun, syntax)
    except BadCommitment:
        return
    mentioned = [*report.committed, *(failure.reference for failure in report.failed)]
    uids = {report.transaction_uid, *(each.sop_instance_uid for each in mentioned)}
    assert all(set(uid) <= set("0123456789.") and len(uid) <= 64 for uid in uids)
