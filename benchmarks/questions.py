"""Finds to ask: `python -m benchmarks.questions` is the process that asks them."""

import json
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from benchmarks.connection import Answer
from benchmarks.load import Plan, Requests, serve, start
from benchmarks.record import Figures


def ask(plan: Plan, bodies: Sequence[dict[str, Any]]) -> Figures:
    """Ask finds again and again; raise Failed at the first bad answer."""
    return start("benchmarks.questions", plan, {"bodies": list(bodies)})


class Questions:
    """Bodies of `/tools/find`, again and again."""

    def __init__(self, bodies: list[dict[str, Any]]) -> None:
        self._bodies = cycle([json.dumps(body).encode() for body in bodies])

    def requests(self, client: int, host: str) -> Requests:  # noqa: ARG002 - by the protocol
        """Let the clients take turns."""
        return _Asking(self._bodies, host)


class _Asking:
    def __init__(self, bodies: Iterator[bytes], host: str) -> None:
        self._bodies = bodies
        self._head = f"POST /tools/find HTTP/1.1\r\nHost: {host}\r\nContent-Length: "

    def next(self) -> bytes:
        body = next(self._bodies)
        return f"{self._head}{len(body)}\r\n\r\n".encode() + body

    def is_good(self, answer: Answer) -> bool:
        return answer.is_ok


if __name__ == "__main__":
    serve(Questions)
