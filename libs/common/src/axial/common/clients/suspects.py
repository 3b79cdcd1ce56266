"""Which of several replicas have failed lately."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

# A process is started again within seconds; one that has gone for good costs a vain attempt as seldom as this.
_SUSPICION_SECONDS = 5.0


class Suspects(Generic[T]):
    """Those that are asked only when nobody else answers."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until: dict[T, float] = {}

    def note(self, one: T) -> None:
        """Suspect one for a while."""
        self._until[one] = self._now() + _SUSPICION_SECONDS

    def __contains__(self, one: T) -> bool:
        """Tell whether one has failed lately."""
        return self._until.get(one, 0.0) > self._now()
