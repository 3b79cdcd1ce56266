"""Moments and windows of time as the Azure feed reads them in a query.

The forms are those .NET's `DateTime.Parse` takes and dicom-server's tests assert (azure-changefeed.md, A.2).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from axial.common.ticks import TICKS_PER_SECOND, Ticks

#: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.9999999Z: the bounds of .NET's DateTimeOffset.
FIRST = Ticks(-62_135_596_800 * TICKS_PER_SECOND)
FINAL = Ticks(253_402_300_800 * TICKS_PER_SECOND - 1)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION_DIGITS = 7
_TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
# .NET takes no offset beyond 14 hours.
_WIDEST_OFFSET_MINUTES = 14 * 60

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?"
    r"(?: ?(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>\d{1,2})(?::(?P<zone_minute>\d{1,2}))?))?",
    re.ASCII,
)
_AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?)?", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RFC_1123 = re.compile(
    rf"(?P<weekday>{'|'.join(_DAYS)}), (?P<day>\d{{2}}) (?P<month>{'|'.join(_MONTHS)}) "
    r"(?P<year>\d{4}) (?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}) GMT",
    re.ASCII,
)


class NotATime(ValueError):
    """The text is no date and time."""


class NoTimeZone(ValueError):
    """The text is a date and time that means another moment in every time zone."""


@dataclass(frozen=True, slots=True)
class Window:
    """The moments from `start`, inclusive, to `end`, exclusive."""

    start: Ticks
    end: Ticks


def read_moment(text: str) -> Ticks:
    """Read a date and time with a zone; raise NotATime or NoTimeZone."""
    text = text.strip()
    if match := _RFC_1123.fullmatch(text):
        month = _MONTHS.index(match["month"]) + 1
        moment = _at(match, month)
        if _DAYS[moment.weekday()] != match["weekday"]:
            raise NotATime
        return _ticks(moment)
    if match := _ISO.fullmatch(text):
        moment = _at(match, int(match["month"]))
        if match["zone"] is None:
            raise NoTimeZone
        ticks = _ticks(moment) + _fraction(match["fraction"] or "") - _offset(match)
        if not FIRST <= ticks <= FINAL:
            raise NotATime
        return Ticks(ticks)
    if _AMERICAN.fullmatch(text):
        raise NoTimeZone
    raise NotATime


def round_trip(ticks: Ticks) -> str:
    """Write .NET's round-trip form ("O"), always with seven fraction digits and in UTC."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    moment = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)
    return f"{moment.isoformat()}.{fraction:07d}+00:00"


def _at(match: re.Match[str], month: int) -> datetime:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        return datetime(
            int(match["year"]), month, int(match["day"]), hour, minute, second, tzinfo=UTC
        )
    except ValueError:
        raise NotATime from None


def _ticks(moment: datetime) -> Ticks:
    return Ticks((moment - _EPOCH) // timedelta(seconds=1) * TICKS_PER_SECOND)


def _fraction(digits: str) -> int:
    """Read the fraction of a second in ticks; what is below a tick is rounded."""
    kept = int(digits[:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, "0"))
    return kept + (digits[_FRACTION_DIGITS : _FRACTION_DIGITS + 1] >= "5")


def _offset(match: re.Match[str]) -> int:
    if match["zone"] == "Z":
        return 0
    minute = int(match["zone_minute"] or 0)
    minutes = int(match["zone_hour"]) * 60 + minute
    if minute >= 60 or minutes > _WIDEST_OFFSET_MINUTES:  # noqa: PLR2004 - minutes of an hour
        raise NotATime
    return (minutes if match["sign"] == "+" else -minutes) * _TICKS_PER_MINUTE
