"""A cache that is bounded by the memory it holds, not by a number of entries."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# What an entry costs besides its bytes: key, links and headers of the objects, roughly.
_OVERHEAD_BYTES = 300


class ByteCache(Generic[K, V]):
    """Values by key; the least recently used go first when the memory is used up."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: K) -> V | None:
        """Return what is kept under a key, which makes it the last to go."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep a value in place of the former one, unless it alone exceeds the capacity."""
        self.drop(key)
        cost = size_bytes + _OVERHEAD_BYTES
        if cost > self._capacity_bytes:
            return
        self._entries[key] = (value, cost)
        self.size_bytes += cost
        while self.size_bytes > self._capacity_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self.size_bytes -= freed

    def drop(self, key: K) -> None:
        """Keep nothing under a key."""
        _, freed = self._entries.pop(key, (None, 0))
        self.size_bytes -= freed

    def clear(self) -> None:
        """Keep nothing at all."""
        self._entries.clear()
        self.size_bytes = 0
