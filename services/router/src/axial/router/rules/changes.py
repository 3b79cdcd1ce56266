"""What the feed tells, as far as rules are concerned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axial.common.identifiers import ResourceId
from axial.common.ticks import Ticks, from_datetime

DELETED = "Deleted"
_FRACTION_DIGITS = 7
_HINT = "should be a time with its zone, as 2026-11-21T11:20:03Z"
# All clocks of this world are within them, too.
_YEARS = range(2, 9999)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a resource."""

    sequence: int
    #: Orthanc's name, such as `NewInstance`.
    kind: str
    resource_id: ResourceId
    #: None for a patient.
    study_id: ResourceId | None
    moment: Ticks
    #: An instance is gone; not when another file took its place.
    is_deletion: bool
    #: MD5 of the file that an instance has now, where one took another's place; found out by whoever collects.
    replaced_by: str | None = None

    @property
    def is_replacement(self) -> bool:
        """Whether it tells that a file took another's place, in an instance or in what was there because of it."""
        return self.kind == DELETED and not self.is_deletion


def change_of(entry: Mapping[str, Any]) -> Change:
    """Read an entry of `/feed/entries`."""
    study = entry.get("Study")
    return Change(
        sequence=entry["Seq"],
        kind=entry["ChangeType"],
        resource_id=ResourceId(entry["ID"]),
        study_id=None if study is None else ResourceId(study),
        moment=read_moment(entry["Date"]),
        is_deletion=entry["ChangeType"] == DELETED and "Instance" in entry,
    )


def read_moment(text: str) -> Ticks:
    """Read `2026-11-21T11:20:03.1234567Z`, with any offset and up to seven digits of a second; raise ValueError."""
    head, dot, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    try:
        moment = datetime.fromisoformat(head + tail[len(digits) :])
    except ValueError:
        raise ValueError(_HINT) from None
    is_fraction = not dot or 0 < len(digits) <= _FRACTION_DIGITS
    if moment.tzinfo is None or moment.year not in _YEARS or not is_fraction:
        raise ValueError(_HINT)
    return Ticks(from_datetime(moment) + int(digits.ljust(_FRACTION_DIGITS, "0")))
