"""Whether it is a delivery's own fault that we cannot make it, or an outage of ours."""

# After so many times in a row the next one's file is read: when that can be done, this is no outage.
_MOST_STUMBLES = 3


class Stumbles:
    """Remembers, by destination, the delivery at which something of ours was away, and how often in a row."""

    def __init__(self) -> None:
        self._at: dict[int, tuple[int, int]] = {}

    def is_suspect(self, destination: int, delivery: int) -> bool:
        """Note one more; tell whether it may be its own fault."""
        last, count = self._at.get(destination, (delivery, 0))
        count = count + 1 if last == delivery else 1
        self._at[destination] = (delivery, count)
        return count >= _MOST_STUMBLES
