"""When to try again: exponential, with jitter, within bounds. Pure but for the dice."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

# 2 to this power is beyond every bound; more would only make a large number.
_LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pauses between attempts.

    The jitter takes at most half: so many attempts last for a known time, and yet those which failed together, by
    one outage, do not all come together when it ends.
    """

    #: Longest pause after the first failure, in seconds; each further failure doubles it …
    first_seconds: float = 1.0
    #: … up to this.
    longest_seconds: float = 300.0
    #: A number in [0, 1).
    jitter: Callable[[], float] = field(default=random.random)

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        exponent = min(max(failures, 1) - 1, _LARGEST_EXPONENT)
        longest = min(self.first_seconds * 2.0**exponent, self.longest_seconds)
        return longest * (1.0 - self.jitter() / 2.0)
