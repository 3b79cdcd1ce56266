"""Pages to read: `python -m benchmarks.reads` is the process that asks for them."""

from collections.abc import Iterator, Sequence
from itertools import cycle

from benchmarks.connection import Answer
from benchmarks.load import Plan, Requests, serve, start
from benchmarks.record import Figures


def read(plan: Plan, paths: Sequence[str], *, again: bool) -> Figures:
    """Read pages, each once or all again and again; raise Failed at the first bad answer."""
    return start("benchmarks.reads", plan, {"paths": list(paths), "again": again})


class Reads:
    """Pages to read: each once, or all of them again and again."""

    def __init__(self, paths: list[str], *, again: bool) -> None:
        self._paths = cycle(paths) if again else iter(paths)

    def requests(self, client: int, host: str) -> Requests:  # noqa: ARG002 - by the protocol
        """Let the clients take turns."""
        return _Reading(self._paths, host)


class _Reading:
    def __init__(self, paths: Iterator[str], host: str) -> None:
        self._paths = paths
        self._rest = f" HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n"

    def next(self) -> bytes | None:
        path = next(self._paths, None)
        return None if path is None else f"GET {path}{self._rest}".encode()

    def is_good(self, answer: Answer) -> bool:
        return answer.is_ok


if __name__ == "__main__":
    serve(Reads)
