"""What the status of a C-STORE means for an instance that was sent (PS3.4 table B.2-1, PS3.7 annex C). Pure."""

from axial.router.destinations.port import Outcome, Verdict

_CLASS = 0xFF00
_OUT_OF_RESOURCES = 0xA700
_DOES_NOT_MATCH = 0xA900
_WARNINGS = 0xB000
_WARNING_CLASS = 0xF000
# Not of C-STORE alone: an attribute list error, or a value out of range, with which it was kept all the same.
_KEPT = frozenset({0x0000, 0x0001, 0x0107, 0x0116})
#: It has an instance of this UID already, as Orthanc reads it.
_DUPLICATE = 0x0111
_FULL = 0x0213
# What sending again would not change: of the request, of the class, or of what we may do.
_REFUSED = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0112: "no such SOP instance",
    0x0115: "invalid argument value",
    0x0117: "invalid SOP instance",
    0x0118: "no such SOP class",
    0x0119: "class-instance conflict",
    0x0120: "missing attribute",
    0x0121: "missing attribute value",
    0x0122: "SOP class not supported",
    0x0124: "not authorized",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
}


def outcome_of(status: int, aet: str) -> Outcome:
    """Judge the status that a modality has answered."""
    if status in _KEPT or status == _DUPLICATE or status & _WARNING_CLASS == _WARNINGS:
        return Outcome(Verdict.DELIVERED, "dimse", status, "" if not status else "with a warning")
    said = f'C-STORE SCU to AET "{aet}" has failed with DIMSE status 0x{status:04X}'
    if status == _FULL or status & _CLASS == _OUT_OF_RESOURCES:
        return Outcome(Verdict.AWAY, "dimse", status, f"{said}: out of resources")
    if status in _REFUSED:
        return Outcome(Verdict.REFUSED, "dimse", status, f"{said}: {_REFUSED[status]}")
    if status & _CLASS == _DOES_NOT_MATCH:
        said += ": data set does not match SOP class"
        return Outcome(Verdict.REFUSED, "dimse", status, said)
    return Outcome(Verdict.FAILED, "dimse", status, said)
