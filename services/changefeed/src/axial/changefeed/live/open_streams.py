"""How many event streams are open, and that they do not become too many."""

from collections.abc import Iterator
from contextlib import contextmanager

from axial.changefeed.live.metrics import LiveMetrics
from axial.common.errors import Unavailable


class OpenStreams:
    """A bounded number of places."""

    def __init__(self, metrics: LiveMetrics, maximum: int) -> None:
        self._metrics = metrics
        self._maximum = maximum
        self._open = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as the context lasts; Unavailable when all are taken."""
        if self._open >= self._maximum:
            self._metrics.refused_streams.inc()
            raise Unavailable("Too many event streams are open.")
        self._open += 1
        self._metrics.open_streams.set(self._open)
        try:
            yield
        finally:
            self._open -= 1
            self._metrics.open_streams.set(self._open)
