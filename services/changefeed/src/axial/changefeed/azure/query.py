"""The parameters of the Azure feed, and what is said about bad ones (azure-changefeed.md, A.2 to A.3).

Names are case-insensitive and the first of several values counts, as in ASP.NET. Only one error is told:
the first in the order of ASP.NET's model state, which is alphabetical.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from axial.changefeed.azure.windows import (
    FINAL,
    FIRST,
    NotATime,
    NoTimeZone,
    Window,
    read_moment,
    round_trip,
)
from axial.changefeed.entries.patience import read_seconds
from axial.common.errors import Rejected
from axial.common.ticks import Ticks

_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]+")
# Documented defaults and bounds: "Change feed overview", parameters of version 1 and of version 2.
_V1_LIMIT, _V1_LONGEST = 10, 100
_V2_LIMIT, _V2_LONGEST = 100, 200


class InvalidQuery(Rejected):
    """The query is not understood; the message is the body of the answer."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_parameter", message)


@dataclass(frozen=True, slots=True)
class SequenceQuery:
    """Version 1: the entries with a sequence in `(offset, offset + limit]`."""

    offset: int
    limit: int
    include_metadata: bool

    @property
    def through(self) -> int:
        """The highest sequence of the window."""
        return min(self.offset + self.limit, _INT64_MAX)


@dataclass(frozen=True, slots=True)
class TimeQuery:
    """Version 2: the entries of a time window, without the first `offset`, at most `limit`."""

    window: Window
    offset: int
    limit: int
    include_metadata: bool


def fold_names(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Make the names lower case and keep the first value of each."""
    folded: dict[str, str] = {}
    for name, value in parameters:
        folded.setdefault(name.lower(), value)
    return folded


def has_window(parameters: Mapping[str, str]) -> bool:
    """Tell whether a query without a version in its path is meant for version 2."""
    return "starttime" in parameters or "endtime" in parameters


def read_v1(parameters: Mapping[str, str]) -> SequenceQuery:
    """Read the parameters of `/v1/changefeed`; those of version 2 mean nothing to it."""
    include_metadata = read_include_metadata(parameters)
    limit = _integer(parameters, "limit", _V1_LIMIT, (1, _V1_LONGEST), _INT32_MAX)
    offset = _integer(parameters, "offset", 0, (0, _INT64_MAX), _INT64_MAX)
    return SequenceQuery(offset, limit, include_metadata)


def read_v2(parameters: Mapping[str, str]) -> TimeQuery:
    """Read the parameters of `/v2/changefeed`."""
    end = _moment(parameters, "EndTime", FINAL)
    include_metadata = read_include_metadata(parameters)
    limit = _integer(parameters, "Limit", _V2_LIMIT, (1, _V2_LONGEST), _INT32_MAX)
    offset = _integer(parameters, "Offset", 0, (0, _INT64_MAX), _INT64_MAX)
    start = _moment(parameters, "StartTime", FIRST)
    if end <= start:
        raise _invalid(
            "",
            f"The start time '{round_trip(start)}' must occur strictly before"
            f" the end time '{round_trip(end)}'.",
        )
    return TimeQuery(Window(start, end), offset, limit, include_metadata)


def read_include_metadata(parameters: Mapping[str, str]) -> bool:
    """Read the one parameter of `/latest`, which the feeds take as well."""
    text = parameters.get("includemetadata", "true")
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
        case "":
            raise _invalid("includeMetadata", f"The value '{text}' is invalid.")
        case _:
            raise _invalid("includeMetadata", f"The value '{text}' is not valid.")


def read_wait(parameters: Mapping[str, str]) -> float:
    """Read for how many seconds an empty page may wait: `wait`, which the feeds have beyond the documentation."""
    text = parameters.get("wait", "0")
    seconds = read_seconds(text.strip())
    if seconds is None:
        raise _invalid("wait", f"The value '{text}' is not valid.")
    return seconds


def _integer(
    parameters: Mapping[str, str], name: str, default: int, bounds: tuple[int, int], widest: int
) -> int:
    text = parameters.get(name.lower())
    if text is None:
        return default
    if not text.strip():
        raise _invalid(name, f"The value '{text}' is invalid.")
    # 20 characters hold every 64-bit integer with its sign; int() of a megabyte would take its time.
    digits = text.strip()
    value = int(digits) if len(digits) <= 20 and _INTEGER.fullmatch(digits) else None  # noqa: PLR2004
    if value is None or not -widest - 1 <= value <= widest:
        # A property is named in the sentence, a mere argument (version 1) is not.
        of = f" for {name}" if name[0].isupper() else ""
        raise _invalid(name, f"The value '{text}' is not valid{of}.")
    least, greatest = bounds
    if not least <= value <= greatest:
        shown = "9.223372036854776E+18" if greatest == _INT64_MAX else str(greatest)
        raise _invalid(name, f"The field {name} must be between {least} and {shown}.")
    return value


def _moment(parameters: Mapping[str, str], name: str, default: Ticks) -> Ticks:
    text = parameters.get(name.lower(), "")
    if not text.strip():
        return default
    try:
        return read_moment(text)
    except NoTimeZone:
        raise _invalid(name, "Date and time value must specify a time zone.") from None
    except NotATime:
        raise _invalid(name, "") from None


def _invalid(name: str, reason: str) -> InvalidQuery:
    return InvalidQuery(f"The query parameter '{name}' is invalid. {reason}")
