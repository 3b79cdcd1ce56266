"""When whose turn is, and how many bytes are read in a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]

_DIGITS = 8


def share_before(resource_id: str) -> float:
    """Tell which share of all resources is before one: their identifiers are digests, and so spread evenly."""
    return int(resource_id[:_DIGITS], 16) / 16**_DIGITS if resource_id else 0.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk over all blobs, in the order of the identifiers of their resources.

    Each has its turn at its own time in every walk, so that none waits longer than a walk takes, however many others
    come or go.
    """

    #: In seconds since 1970.
    began_at: float
    seconds: float

    def due_at(self, resource_id: str) -> float:
        """Tell when it is the turn of a resource's blobs."""
        return self.began_at + self.seconds * share_before(resource_id)

    @property
    def ends_at(self) -> float:
        """Tell when the next walk begins, if this one is not late."""
        return self.began_at + self.seconds


class Throttle:
    """Lets no more bytes through than its rate, also when it was idle before."""

    def __init__(
        self, bytes_per_second: int, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    async def pass_through(self, size_bytes: int) -> None:
        """Wait for as long as so many bytes take."""
        now = self._clock()
        self._free_at = max(self._free_at, now) + size_bytes / self._bytes_per_second
        await self._sleep(self._free_at - now)
