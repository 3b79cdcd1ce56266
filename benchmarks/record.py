"""What a sender has seen: how many answers, and how long each took."""

import resource
import time
from dataclasses import dataclass


class Failed(Exception):
    """A system answered something else than success."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen, of the answers that came within the measured time."""

    answers: int
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float
    #: Of all bodies together.
    size_bytes: int
    #: The sender's own share of a processor.
    sender_cpu: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def mean_bytes(self) -> float:
        """The size of a mean answer's body."""
        return self.size_bytes / self.answers


class Record:
    """The times of the answers that came after the warm-up, until the end or the most."""

    def __init__(self, warm_up_seconds: float, seconds: float, most: int) -> None:
        self._began = time.perf_counter()
        self._cpu_seconds = _cpu_seconds()
        self._start = self._began + warm_up_seconds
        self._end = self._start + seconds
        self._most = most
        self._latencies: list[float] = []
        self._size_bytes = 0
        self._last = self._start

    def take(self, began: float, size_bytes: int) -> bool:
        """Note an answer that has just come; tell whether there shall be another."""
        now = time.perf_counter()
        more = now < self._end and len(self._latencies) < self._most
        if more and now >= self._start:
            self._latencies.append(now - began)
            self._size_bytes += size_bytes
            self._last = now
        return more

    def figures(self) -> Figures:
        """Sum up."""
        ordered = sorted(self._latencies)
        if not ordered:
            raise Failed("not one answer in the measured time")
        full = len(ordered) == self._most
        return Figures(
            answers=len(ordered),
            seconds=(self._last if full else self._end) - self._start,
            p50_milliseconds=1000 * ordered[len(ordered) // 2],
            p99_milliseconds=1000 * ordered[len(ordered) * 99 // 100],
            size_bytes=self._size_bytes,
            sender_cpu=(_cpu_seconds() - self._cpu_seconds) / (time.perf_counter() - self._began),
        )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
