"""A cache that is bounded by the memory it holds, not by a number of entries."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")

# What an entry costs besides its bytes: key, links and headers of the objects, roughly.
_OVERHEAD_BYTES = 300


class ByteCache(Generic[K]):
    """Byte strings by key; the least recently used go first when the memory is used up."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._entries: OrderedDict[K, bytes] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: K) -> bytes | None:
        """Return what is kept under a key, which makes it the last to go."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: bytes) -> None:
        """Keep a value, unless it alone exceeds the capacity."""
        cost = len(value) + _OVERHEAD_BYTES
        if key in self._entries or cost > self._capacity_bytes:
            return
        self._entries[key] = value
        self.size_bytes += cost
        while self.size_bytes > self._capacity_bytes:
            _, dropped = self._entries.popitem(last=False)
            self.size_bytes -= len(dropped) + _OVERHEAD_BYTES
