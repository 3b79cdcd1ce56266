"""How much all answers together may take while they come, which is what a process has to spare for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from axial.common.errors import Unavailable


class TooMany(Exception):
    """There are more answers to one question than are kept."""


class Room:
    """Shared by all questions that are under way."""

    def __init__(self, most_bytes: int, most_bytes_of_one: int) -> None:
        self._left = most_bytes
        self._most_bytes_of_one = most_bytes_of_one

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Give a question its share, as long as its answers are in memory."""
        share = Share(self, self._most_bytes_of_one)
        try:
            yield share
        finally:
            self._left += share.taken

    def take(self, size: int) -> None:
        """Take some of it; raise Unavailable when others have it."""
        if size > self._left:
            raise Unavailable("Too many answers of modalities are under way; try again later.")
        self._left -= size


class Share:
    """What one question has of it."""

    def __init__(self, room: Room, most_bytes: int) -> None:
        self._room = room
        self._most_bytes = most_bytes
        self.taken = 0

    def take(self, size: int) -> None:
        """Take some more; raise TooMany, or Unavailable when others have it."""
        if self.taken + size > self._most_bytes:
            raise TooMany
        self._room.take(size)
        self.taken += size
