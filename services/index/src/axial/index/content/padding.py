"""The end of a value as Orthanc gives it: texts have no more padding than makes their length even."""

from typing import NamedTuple

TEXT_VRS = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR"}
    | {"UT"}
)

TAIL_BYTES = 64 * 1024
"""As much of the end is looked at: nobody pads with more."""

# Of numbers an odd length cuts the last one; there is nothing to be padded.
_BYTE_VRS = TEXT_VRS | {"OB", "UN"}


class End(NamedTuple):
    """What to leave out at the end of a value, and what to put there."""

    cut_bytes: int
    padding: bytes


def end_of(tail: bytes, length: int, vr: str) -> End:
    """Tell how to end a value, by its last bytes."""
    if length % 2:
        return End(0, b"\0" if vr in _BYTE_VRS else b"")
    if vr not in TEXT_VRS:
        return End(0, b"")
    padding = b" \0" if vr == "UI" else b" "
    cut_bytes = len(tail) - len(tail.rstrip(padding))
    return End(cut_bytes, padding[-1:] if cut_bytes % 2 else b"")
