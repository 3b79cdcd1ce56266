"""Wrong credentials, counted by the address they come from: whoever guesses is made to wait."""

import ipaddress
import math
import time
from collections.abc import Callable

# Whoever mistypes a password, or has a program with an old one, is let in again soon; and ten guesses a minute find
# nothing.
_MOST_FAILURES = 10
_WINDOW_SECONDS = 60.0
# A hundred bytes each. Somebody with more networks than that can make us forget the first ones.
_MOST_ADDRESSES = 4096
# What one customer of a network is given: all of its addresses are as good as one.
_IPV6_NETWORK_BITS = 64


class Failures:
    """The failures of the last minute; of each process, as it stands alone."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        #: By address, in the order of their beginnings: when the window began, how many there were.
        self._windows: dict[str, tuple[float, int]] = {}

    def __len__(self) -> int:
        """Count the addresses that are remembered."""
        return len(self._windows)

    def wait_seconds(self, address: str) -> int:
        """Tell how long an address is to wait before it tries again; 0 when it need not."""
        if not self._windows:
            return 0
        began, failures = self._windows.get(_network(address), (-math.inf, 0))
        left = began + _WINDOW_SECONDS - self._now()
        return math.ceil(left) if failures >= _MOST_FAILURES and left > 0 else 0

    def note(self, address: str) -> bool:
        """Count a failure; True when it is the one after which the address has to wait."""
        network, now = _network(address), self._now()
        began, failures = self._windows.get(network, (now, 0))
        if now - began >= _WINDOW_SECONDS:
            del self._windows[network]
            began, failures = now, 0
        self._windows[network] = (began, failures + 1)
        self._forget(now)
        return failures + 1 == _MOST_FAILURES

    def _forget(self, now: float) -> None:
        """Let go of windows that are over, oldest first, or that are too many."""
        while self._windows:
            oldest = next(iter(self._windows))
            over = now - self._windows[oldest][0] >= _WINDOW_SECONDS
            if not over and len(self._windows) <= _MOST_ADDRESSES:
                return
            del self._windows[oldest]


def _network(address: str) -> str:
    """Write an address as it is counted; what is none is counted as it stands."""
    if ":" not in address:  # looked at with each request, and parsing is slow
        return address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    assert isinstance(parsed, ipaddress.IPv6Address), "an IPv4 address has no colon"
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    prefix = int(parsed) >> (128 - _IPV6_NETWORK_BITS)
    return f"{prefix:x}::"
