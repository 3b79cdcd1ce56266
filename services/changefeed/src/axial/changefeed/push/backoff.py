"""When to try again: exponential, with full jitter, within bounds."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

# 2 to this power is beyond every bound; more would only make a large number.
_LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pauses between attempts at one endpoint.

    The jitter is over the whole range ("full"), so that endpoints which failed together, by one outage, are
    not all asked together when it ends.
    """

    #: Upper bound of the pause after the first failure, in seconds; each further failure doubles it …
    first_seconds: float = 1.0
    #: … up to this.
    longest_seconds: float = 300.0
    #: The most that an endpoint can ask for by Retry-After, in seconds.
    longest_retry_after_seconds: float = 3600.0
    #: A number in [0, 1).
    jitter: Callable[[], float] = field(default=random.random)

    def pause(self, failures: int, retry_after_seconds: float | None = None) -> float:
        """Return the seconds to wait after so many failures in a row, not less than the endpoint asked for."""
        exponent = min(max(failures, 1) - 1, _LARGEST_EXPONENT)
        pause = self.jitter() * min(self.first_seconds * 2.0**exponent, self.longest_seconds)
        if retry_after_seconds is None:
            return pause
        return max(pause, min(retry_after_seconds, self.longest_retry_after_seconds))
