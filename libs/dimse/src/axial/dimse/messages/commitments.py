"""What is said of storage commitment (PS3.4 section J.3): what is to be kept for good, and what is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from axial.common.datasets import Dataset, Tree, read_tree
from axial.common.sop_classes import STORAGE_COMMITMENT
from axial.dimse.messages.commands import Command, Element
from axial.dimse.messages.elements import ElementWriter, Item, Written
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.repertoires import UTF_8
from axial.dimse.messages.status import Status

#: The instance of the SOP class that all messages are about.
STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"

#: N-ACTION: request storage commitment.
REQUEST_ACTION = 1
#: N-EVENT-REPORT: all is committed, or not all.
ALL_COMMITTED_EVENT, SOME_FAILED_EVENT = 1, 2

_TRANSACTION_UID = 0x00081195
_REFERENCED_SOP_CLASS_UID = 0x00081150
_REFERENCED_SOP_INSTANCE_UID = 0x00081155
_FAILURE_REASON = 0x00081197
_FAILED_SOP_SEQUENCE = 0x00081198
_REFERENCED_SOP_SEQUENCE = 0x00081199

_UID = re.compile(r"[0-9.]{1,64}")
_REASON_BYTES = 2


class Reason(IntEnum):
    """Why an instance is not committed (PS3.3 section C.14.1.1)."""

    PROCESSING_FAILURE = 0x0110
    NO_SUCH_INSTANCE = 0x0112
    CLASS_INSTANCE_CONFLICT = 0x0119
    CLASS_NOT_SUPPORTED = 0x0122
    DUPLICATE_TRANSACTION = 0x0131
    RESOURCE_LIMITATION = 0x0213


@dataclass(frozen=True, slots=True)
class Reference:
    """An instance, by its UIDs."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An instance that is not committed."""

    reference: Reference
    #: One of `Reason`, or what else a peer has written.
    reason: int


@dataclass(frozen=True, slots=True)
class CommitmentRequest:
    """What somebody wants to be sure of (PS3.4 table J.3-1)."""

    transaction_uid: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What has become of a request (PS3.4 table J.3-2)."""

    transaction_uid: str
    committed: tuple[Reference, ...]
    failed: tuple[Failure, ...]

    @property
    def event(self) -> int:
        """The type of the event that tells it."""
        return SOME_FAILED_EVENT if self.failed else ALL_COMMITTED_EVENT


class BadCommitment(Exception):
    """A message is no such request or report; its sender is told why by a status."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


def read_request(command: Command, raw: bytes, transfer_syntax_uid: str) -> CommitmentRequest:
    """Read what an N-ACTION asks for; raise BadCommitment."""
    _check(command)
    if command.elements.get(Element.ACTION_TYPE_ID) != REQUEST_ACTION:
        raise BadCommitment(Status.NO_SUCH_ACTION)
    reader = _reader(raw, transfer_syntax_uid)
    items = reader.items(_REFERENCED_SOP_SEQUENCE)
    if items is None:
        raise BadCommitment(Status.INVALID_ARGUMENT)
    references = tuple(map(reader.reference, items))
    return CommitmentRequest(reader.uid(reader.root, _TRANSACTION_UID), references)


def read_report(command: Command, raw: bytes, transfer_syntax_uid: str) -> CommitmentReport:
    """Read what an N-EVENT-REPORT tells; raise BadCommitment.

    What is called committed and failed at once is not committed.
    """
    _check(command)
    event = command.elements.get(Element.EVENT_TYPE_ID)
    if event not in {ALL_COMMITTED_EVENT, SOME_FAILED_EVENT}:
        raise BadCommitment(Status.NO_SUCH_EVENT_TYPE)
    reader = _reader(raw, transfer_syntax_uid)
    committed = reader.items(_REFERENCED_SOP_SEQUENCE)
    failures = tuple(
        Failure(reader.reference(item), reader.reason(item))
        for item in reader.items(_FAILED_SOP_SEQUENCE) or ()
    )
    # All would seem well if a damaged list of failures were read as an empty one.
    if not (failures if event == SOME_FAILED_EVENT else committed is not None):
        raise BadCommitment(Status.INVALID_ARGUMENT)
    refused = {failure.reference for failure in failures}
    references = map(reader.reference, committed or ())
    return CommitmentReport(
        reader.uid(reader.root, _TRANSACTION_UID),
        tuple(reference for reference in references if reference not in refused),
        failures,
    )


def _check(command: Command) -> None:
    if command.sop_class_uid != STORAGE_COMMITMENT:
        raise BadCommitment(Status.NO_SUCH_SOP_CLASS)
    if command.sop_instance_uid != STORAGE_COMMITMENT_INSTANCE:
        raise BadCommitment(Status.NO_SUCH_INSTANCE)


def write_request(request: CommitmentRequest, transfer_syntax_uid: str) -> bytes:
    """Write the data set of a request."""
    elements = [
        Written(_TRANSACTION_UID, "UI", request.transaction_uid),
        Written(_REFERENCED_SOP_SEQUENCE, "SQ", list(map(_referenced, request.references))),
    ]
    return ElementWriter(transfer_syntax_uid).data_set(elements, UTF_8)


def write_report(report: CommitmentReport, transfer_syntax_uid: str) -> bytes:
    """Write the data set of a report."""
    return ElementWriter(transfer_syntax_uid).data_set(tuple(_told(report)), UTF_8)


def _told(report: CommitmentReport) -> Iterator[Written]:
    yield Written(_TRANSACTION_UID, "UI", report.transaction_uid)
    if report.failed:
        failed: list[Item] = [
            [*_referenced(failure.reference), Written(_FAILURE_REASON, "US", str(failure.reason))]
            for failure in report.failed
        ]
        yield Written(_FAILED_SOP_SEQUENCE, "SQ", failed)
    if report.committed or not report.failed:
        yield Written(_REFERENCED_SOP_SEQUENCE, "SQ", list(map(_referenced, report.committed)))


def _referenced(reference: Reference) -> Item:
    return [
        Written(_REFERENCED_SOP_CLASS_UID, "UI", reference.sop_class_uid),
        Written(_REFERENCED_SOP_INSTANCE_UID, "UI", reference.sop_instance_uid),
    ]


def _reader(raw: bytes, transfer_syntax_uid: str) -> "_Reader":
    return _Reader(read_tree(file_head("", "", transfer_syntax_uid, "") + raw))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the data set of one message."""

    tree: Tree

    @property
    def root(self) -> Dataset:
        return self.tree.root

    def items(self, tag: int) -> Sequence[Dataset] | None:
        """List a sequence's items; None when there is no such sequence."""
        element = self.root.elements.get(tag)
        return None if element is None else element.items

    def reference(self, item: Dataset) -> Reference:
        return Reference(
            self.uid(item, _REFERENCED_SOP_CLASS_UID), self.uid(item, _REFERENCED_SOP_INSTANCE_UID)
        )

    def uid(self, dataset: Dataset, tag: int) -> str:
        """Read what must be a UID: it will be shown, and told others."""
        text = self._value(dataset, tag).decode("ascii", "replace").strip(" \0")
        if not _UID.fullmatch(text):
            raise BadCommitment(Status.INVALID_ARGUMENT)
        return text

    def reason(self, item: Dataset) -> int:
        """Read why an instance failed; that it did is certain without."""
        raw = self._value(item, _FAILURE_REASON)
        if len(raw) != _REASON_BYTES:
            return Reason.PROCESSING_FAILURE
        return int.from_bytes(raw, item.byte_order)

    def _value(self, dataset: Dataset, tag: int) -> bytes:
        element = dataset.elements.get(tag)
        return b"" if element is None else self.tree.data[element.start : element.stop]
