"""The time of day at which a change happened, by the clocks of a place. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from axial.common.ticks import TICKS_PER_SECOND, Ticks
from axial.router.rules.bodies import Body

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS_PER_MICROSECOND = TICKS_PER_SECOND // 1_000_000
_LONGEST_NAME = 64
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)

Day: TypeAlias = Literal[
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
]
_DAYS: tuple[Day, ...] = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # there is none, or it could be none
        raise ValueError("should be a time zone, as Europe/Berlin") from None
    return name


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError("should be a time, as 22:00")
    return text


TimeZone = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_zone)]
Clock = Annotated[str, AfterValidator(_clock)]


class TimeOfDay(Body):
    """From a time to another, which does not belong to it, perhaps over midnight, on all days or some.

    A window belongs to the day on which it begins: Friday's from 22:00 to 06:00 ends on Saturday.
    """

    time_zone: TimeZone = Field(alias="TimeZone")
    from_: Clock | None = Field(None, alias="From")
    to: Clock | None = Field(None, alias="To")
    days: list[Day] | None = Field(None, alias="Days", min_length=1)

    @model_validator(mode="after")
    def _is_window(self) -> "TimeOfDay":
        if (self.from_ is None) != (self.to is None):
            raise ValueError("should have both From and To, or neither")
        if self.from_ is None and self.days is None:
            raise ValueError("should have From and To, or Days")
        if self.from_ is not None and self.from_ == self.to:
            raise ValueError("From and To should differ")
        return self

    @property
    def expected(self) -> str:
        """Say what is asked, for people to read."""
        hours = f"from {self.from_} to {self.to}" if self.from_ else "all day"
        days = f" on {', '.join(self.days)}" if self.days else ""
        return f"{hours}{days} in {self.time_zone}"


def local_time(ticks: Ticks, zone: str) -> str:
    """Write a moment as the clocks of a place show it, with the distance to UTC."""
    moment = _EPOCH + timedelta(microseconds=ticks // _TICKS_PER_MICROSECOND)
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="microseconds")


def admission(window: TimeOfDay) -> Callable[[str | None], bool]:
    """Make what tells whether a local time is within a window."""
    days = frozenset(window.days or _DAYS)
    begins = time.fromisoformat(window.from_ or "00:00")
    ends = time.fromisoformat(window.to) if window.to else None

    def admits(found: str | None) -> bool:
        if found is None:
            return False
        local = datetime.fromisoformat(found)
        clock, day = local.time(), local.weekday()
        if ends is None:
            return _DAYS[day] in days
        if begins < ends:
            return begins <= clock < ends and _DAYS[day] in days
        if clock >= begins:
            return _DAYS[day] in days
        return clock < ends and _DAYS[day - 1] in days  # it began the day before

    return admits
