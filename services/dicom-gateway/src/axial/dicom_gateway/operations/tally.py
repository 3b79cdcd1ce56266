"""What became of a retrieval's sub-operations (PS3.7 sections 9.1.3 and 9.1.4, PS3.4 section C.4.2.1). Pure."""

from dataclasses import dataclass, field

from axial.dimse.messages.commands import Element, Elements
from axial.dimse.messages.elements import ElementWriter, Written
from axial.dimse.messages.repertoires import ASCII, Repertoire
from axial.dimse.messages.status import Status

_FAILED_SOP_INSTANCE_UID_LIST = 0x00080058
# The counts are unsigned shorts; of more sub-operations they tell that there are many.
_MOST = 0xFFFF
_WARNINGS = 0xB000
_KIND = 0xF000
# Numbers of the general class that say the same (PS3.7 annex C.4).
_GENERAL_WARNINGS = frozenset({0x0001, 0x0107, 0x0116})
_PLAIN = Repertoire("", (ASCII,))


@dataclass(slots=True)
class Tally:
    """The counts, while it goes on."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed: int = 0
    #: SOP instances that did not get there.
    failed_uids: list[str] = field(default_factory=list)

    def count(self, sop_instance_uid: str, status: int | None) -> None:
        """Count a sub-operation by the status of its C-STORE, or None when there was none."""
        self.remaining -= 1
        if status == Status.SUCCESS:
            self.completed += 1
        elif status is not None and (status & _KIND == _WARNINGS or status in _GENERAL_WARNINGS):
            self.warning += 1
        else:
            self.failed += 1
            self.failed_uids.append(sop_instance_uid)

    def elements(self, status: Status) -> Elements:
        """Tell the counts; what remains only while something may."""
        told: dict[Element, str | int] = {
            Element.COMPLETED_SUBOPERATIONS: min(self.completed, _MOST),
            Element.FAILED_SUBOPERATIONS: min(self.failed, _MOST),
            Element.WARNING_SUBOPERATIONS: min(self.warning, _MOST),
        }
        if status in {Status.PENDING, Status.CANCELLED}:
            told[Element.REMAINING_SUBOPERATIONS] = min(self.remaining, _MOST)
        return told

    def status(self) -> Status:
        """Tell how it ended, when nothing remains."""
        if self.failed and not (self.completed or self.warning):
            return Status.CANNOT_SEND
        return Status.WARNING if self.failed or self.warning else Status.SUCCESS

    def failures(self, transfer_syntax_uid: str) -> bytes:
        """Write the data set that names what failed; empty when nothing did."""
        if not self.failed_uids:
            return b""
        uids = "\\".join(self.failed_uids)
        return ElementWriter(transfer_syntax_uid).data_set(
            [Written(_FAILED_SOP_INSTANCE_UID_LIST, "UI", uids)], _PLAIN
        )
