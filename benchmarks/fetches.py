"""Files to fetch: `python -m benchmarks.fetches` is the process that asks for them."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random

from benchmarks.connection import Answer
from benchmarks.load import Plan, Requests, serve, start
from benchmarks.record import Figures

_ORDER = 1  # the same places in each run


def fetch(
    plan: Plan, paths: Sequence[str], size_bytes: int, range_bytes: int | None = None
) -> Figures:
    """Fetch files of one size again and again, whole or a range of each; raise Failed at a bad answer."""
    work = {"paths": list(paths), "size_bytes": size_bytes, "range_bytes": range_bytes}
    return start("benchmarks.fetches", plan, work)


class Fetches:
    """Files of one size, again and again: whole, or ranges of one length from anywhere in them."""

    def __init__(self, paths: list[str], size_bytes: int, range_bytes: int | None) -> None:
        self._paths = cycle(paths)
        self._size_bytes = size_bytes
        self._range_bytes = range_bytes

    def requests(self, client: int, host: str) -> Requests:
        """Let the clients take turns."""
        if self._range_bytes is None:
            return _Fetching(self._paths, host, b"HTTP/1.1 200 ", self._size_bytes)
        return _Ranges(self._paths, host, self._size_bytes, self._range_bytes, client)


class _Fetching:
    def __init__(self, paths: Iterator[str], host: str, status: bytes, body_bytes: int) -> None:
        self._paths = paths
        self._rest = f" HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n"
        self._status = status
        self._body_bytes = body_bytes

    def next(self) -> bytes:
        return f"GET {next(self._paths)}{self._rest}{self._more()}\r\n".encode()

    def is_good(self, answer: Answer) -> bool:
        return answer.head.startswith(self._status) and answer.size_bytes == self._body_bytes

    def _more(self) -> str:
        return ""


class _Ranges(_Fetching):
    def __init__(
        self, paths: Iterator[str], host: str, size_bytes: int, range_bytes: int, client: int
    ) -> None:
        super().__init__(paths, host, b"HTTP/1.1 206 ", range_bytes)
        self._last_start = size_bytes - range_bytes
        self._random = Random(_ORDER + client)  # noqa: S311 - positions

    def _more(self) -> str:
        start = self._random.randint(0, self._last_start)
        return f"Range: bytes={start}-{start + self._body_bytes - 1}\r\n"


if __name__ == "__main__":
    serve(Fetches)
