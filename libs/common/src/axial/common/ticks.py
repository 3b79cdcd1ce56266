"""Time as the feeds count it: whole ticks of 100 nanoseconds since 1970-01-01T00:00:00Z.

A `datetime` holds microseconds and a Postgres `timestamptz` too; the Azure feed shows seven
fraction digits (docs "change feed", .NET DateTimeOffset), so neither can carry a feed's timestamp.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Ticks = NewType("Ticks", int)

TICKS_PER_SECOND = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS_PER_TICK = 100


def from_nanoseconds(nanoseconds: int) -> Ticks:
    """Read a Unix time in nanoseconds, as NATS stamps it, losing what is below a tick."""
    return Ticks(nanoseconds // _NANOSECONDS_PER_TICK)


def from_datetime(moment: datetime) -> Ticks:
    """Read an aware datetime."""
    return Ticks((moment - _EPOCH) // timedelta(microseconds=1) * 10)


def orthanc_date(ticks: Ticks) -> str:
    """Write Orthanc's form, UTC to the second: 20130507T143902."""
    return _second(ticks // TICKS_PER_SECOND, "%Y%m%dT%H%M%S")


def iso_utc(ticks: Ticks, zone: str = "Z") -> str:
    """Write the feed's form, as .NET does: up to seven fraction digits, no trailing zeros."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    text = _second(seconds, "%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:07d}".rstrip("0")
    return f"{text}.{digits}{zone}" if digits else f"{text}{zone}"


@lru_cache(maxsize=4096)
def _second(seconds: int, form: str) -> str:
    """Write a second; rows that follow one another often share it."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime(form)
