"""What a modality was asked to commit itself to, and what its report means. Pure."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from axial.dimse.messages.commitments import (
    CommitmentReport,
    Failure,
    Reason,
    Reference,
)

_DESCRIPTIONS = {
    0: "Success",
    Reason.PROCESSING_FAILURE: "A general failure in processing the operation was encountered",
    Reason.NO_SUCH_INSTANCE: "One or more of the elements in the Referenced SOP Instance Sequence was not available",
    Reason.RESOURCE_LIMITATION: "The SCP does not currently have enough resources to store the requested SOP"
    " Instance(s)",
    Reason.CLASS_NOT_SUPPORTED: "Storage Commitment has been requested for a SOP Instance with a SOP Class that is not"
    " supported by the SCP",
    Reason.CLASS_INSTANCE_CONFLICT: "The SOP Class of an element in the Referenced SOP Instance Sequence did not"
    " correspond to the SOP class registered for this SOP Instance at the SCP",
    Reason.DUPLICATE_TRANSACTION: "The Transaction UID of the Storage Commitment Request is already in use",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is known of one."""

    #: Who was asked, then who has reported.
    remote_aet: str
    requested: tuple[Reference, ...]
    #: None as long as there is none.
    report: CommitmentReport | None = None

    @property
    def is_successful(self) -> bool:
        """Whether all is committed that was asked for."""
        return self.report is not None and not self.report.failed

    @property
    def committed(self) -> frozenset[Reference]:
        """What was asked for, and is committed: a report may speak of more."""
        told = self.report.committed if self.report else ()
        return frozenset(self.requested).intersection(told)


def new_transaction_uid() -> str:
    """Make up a UID (PS3.5 section B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def settled(requested: Sequence[Reference], report: CommitmentReport) -> CommitmentReport:
    """Complete a report: what it does not mention, though it was asked for, is not committed."""
    mentioned = {*report.committed, *(failure.reference for failure in report.failed)}
    missing = (reference for reference in requested if reference not in mentioned)
    unmentioned = (Failure(reference, Reason.PROCESSING_FAILURE) for reference in missing)
    return CommitmentReport(
        report.transaction_uid, report.committed, (*report.failed, *unmentioned)
    )


def shown(transaction: Transaction) -> dict[str, Any]:
    """Tell a transaction as Orthanc does."""
    told: dict[str, Any] = {"RemoteAET": transaction.remote_aet, "Status": "Pending"}
    report = transaction.report
    if report is not None:
        told["Status"] = "Success" if transaction.is_successful else "Failure"
        told["Success"] = [_shown(reference) for reference in report.committed]
        told["Failures"] = [
            {
                **_shown(failure.reference),
                "FailureReason": failure.reason,
                "Description": _DESCRIPTIONS.get(failure.reason, "Unknown failure reason"),
            }
            for failure in report.failed
        ]
    return told


def _shown(reference: Reference) -> dict[str, Any]:
    return {"SOPClassUID": reference.sop_class_uid, "SOPInstanceUID": reference.sop_instance_uid}


def written_references(references: Iterable[Reference]) -> str:
    """Write references for the database."""
    return json.dumps(rows_of(references))


def rows_of(references: Iterable[Reference]) -> list[list[str]]:
    """Write references as lists."""
    return [_row(reference) for reference in references]


def read_references(rows: Iterable[Sequence[str]]) -> tuple[Reference, ...]:
    """Read them back."""
    return tuple(Reference(*row) for row in rows)


def written_failures(failures: Iterable[Failure]) -> str:
    """Write failures for the database."""
    return json.dumps([[*_row(failure.reference), failure.reason] for failure in failures])


def read_failures(rows: Iterable[Sequence[Any]]) -> tuple[Failure, ...]:
    """Read them back."""
    return tuple(Failure(Reference(*row[:2]), row[2]) for row in rows)


def _row(reference: Reference) -> list[str]:
    return [reference.sop_class_uid, reference.sop_instance_uid]
