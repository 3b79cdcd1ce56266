"""What a report means, and how it is told."""

import pytest

from axial.dimse.messages.commitments import CommitmentReport, Failure, Reason, Reference
from axial.router.commitment.transactions import Transaction, new_transaction_uid, settled, shown

pytestmark = pytest.mark.unit

CT = "1.2.840.10008.5.1.4.1.1.2"
ONE, TWO, THREE = (Reference(CT, f"1.2.{at}") for at in range(3))


def report(*committed: Reference, failed: dict[Reference, int] | None = None) -> CommitmentReport:
    """Make a report."""
    failures = tuple(Failure(reference, reason) for reference, reason in (failed or {}).items())
    return CommitmentReport("2.25.1", committed, failures)


def test_what_is_not_mentioned_is_not_committed() -> None:
    """A report that forgets an instance is no success: it might be deleted here then, and be nowhere."""
    whole = settled([ONE, TWO, THREE], report(ONE, failed={TWO: 0x0112}))
    assert whole.committed == (ONE,)
    assert whole.failed == (
        Failure(TWO, 0x0112),
        Failure(THREE, Reason.PROCESSING_FAILURE),
    )
    assert not Transaction("PACS", (ONE, TWO, THREE), whole).is_successful
    assert settled([ONE], report(ONE)) == report(ONE)


def test_what_was_not_asked_for_is_told_and_no_more() -> None:
    """A report may speak of other instances; they are shown, and are never ours to remove."""
    transaction = Transaction("PACS", (ONE,), report(ONE, TWO))
    assert transaction.is_successful
    assert transaction.committed == {ONE}
    assert len(shown(transaction)["Success"]) == 2


def test_a_transaction_is_told_as_orthanc_does() -> None:
    """Pending without lists; else both of them, with Orthanc's words for each reason."""
    assert shown(Transaction("PACS", (ONE,))) == {"RemoteAET": "PACS", "Status": "Pending"}
    told = shown(Transaction("PACS", (ONE, TWO), report(ONE, failed={TWO: 0x0119})))
    assert told == {
        "RemoteAET": "PACS",
        "Status": "Failure",
        "Success": [{"SOPClassUID": CT, "SOPInstanceUID": "1.2.0"}],
        "Failures": [
            {
                "SOPClassUID": CT,
                "SOPInstanceUID": "1.2.1",
                "FailureReason": 281,
                "Description": "The SOP Class of an element in the Referenced SOP Instance Sequence did not"
                " correspond to the SOP class registered for this SOP Instance at the SCP",
            }
        ],
    }
    odd = shown(Transaction("PACS", (ONE,), report(failed={ONE: 0x9999})))
    assert odd["Failures"][0]["Description"] == "Unknown failure reason"


def test_uids_are_uids() -> None:
    """A transaction's own is new each time, and no longer than a UID may be."""
    uids = {new_transaction_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
