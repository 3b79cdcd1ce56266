"""For how long a client may want to wait."""

import re

#: Shorter than what proxies and clients usually wait for an answer.
LONGEST_WAIT_SECONDS = 60.0

_SECONDS = re.compile(r"[+-]?[0-9]{1,19}(?:\.[0-9]{1,9})?")


def read_seconds(text: str) -> float | None:
    """Read a number of seconds, moved into what is granted; None for what is no number."""
    if not _SECONDS.fullmatch(text):
        return None
    return min(max(float(text), 0.0), LONGEST_WAIT_SECONDS)
