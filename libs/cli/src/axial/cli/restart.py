"""Decide whether a process that died is started again."""

from dataclasses import dataclass

# Five deaths in a minute are no accident: whatever is wrong does not go away by itself.
MOST_DEATHS = 5
WINDOW_SECONDS = 60.0

# The first restart is immediate to the eye; the last waits for what a crash leaves behind for a
# moment, such as PostgreSQL's shared memory.
_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It died too often: the whole system stops."""


@dataclass(frozen=True, slots=True)
class StartAgain:
    """It is started again after the delay."""

    delay_seconds: float


def after_death(
    deaths: tuple[float, ...], now: float
) -> tuple[tuple[float, ...], GiveUp | StartAgain]:
    """Add a death at `now` (seconds on any clock) to the recent ones, and decide."""
    recent = (*(death for death in deaths if now - death < WINDOW_SECONDS), now)
    if len(recent) >= MOST_DEATHS:
        return recent, GiveUp()
    delay = _FIRST_DELAY_SECONDS * 2 ** (len(recent) - 1)
    return recent, StartAgain(min(delay, _LONGEST_DELAY_SECONDS))
