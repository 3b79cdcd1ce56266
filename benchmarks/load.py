"""The load: a process of its own that asks over keep-alive connections, timing each answer.

One thread and one selector, requests prepared in advance: on a machine with few cores the sender must
take as little as it can from the systems it measures, and the same from each.
"""

import json
import selectors
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from benchmarks.connection import SILENCE_SECONDS, Answer, Connection
from benchmarks.record import Failed, Figures, Record

# Beside warm-up and measured time: to start the sender, and to answer what is in hand.
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """To whom to send, and for how long."""

    host: str
    port: int
    clients: int
    warm_up_seconds: float
    seconds: float
    #: The most answers that are counted.
    most: int


class Requests(Protocol):
    """One client's requests, one after another."""

    def next(self) -> bytes | bytearray | None:
        """Make the next request; None when there is none left."""
        ...

    def is_good(self, answer: Answer) -> bool:
        """Tell whether the answer is what was hoped for."""
        ...


class Work(Protocol):
    """What all clients of a run do together."""

    def requests(self, client: int, host: str) -> Requests:
        """Give one client its requests."""
        ...


def start(module: str, plan: Plan, work: Mapping[str, object]) -> Figures:
    """Send what a module makes of `work`, in a process of its own; raise Failed at the first bad answer."""
    sender = subprocess.run(
        (sys.executable, "-m", module),
        input=json.dumps({"plan": asdict(plan), "work": work}),
        capture_output=True,
        text=True,
        check=False,
        timeout=plan.warm_up_seconds + plan.seconds + _GRACE_SECONDS,
    )
    if sender.returncode != 0:
        raise Failed(sender.stderr.strip())
    return Figures(**json.loads(sender.stdout))


def serve(make: Callable[..., Work]) -> None:
    """Be the process: read plan and work from standard input, write the figures to standard output."""
    told = json.load(sys.stdin)
    try:
        figures = run(Plan(**told["plan"]), make(**told["work"]))
    except (Failed, OSError) as error:
        sys.exit(str(error) or type(error).__name__)
    print(json.dumps(asdict(figures)))


def run(plan: Plan, work: Work) -> Figures:
    """Send until the time is over, or the most was sent; raise Failed at the first bad answer."""
    host = f"{plan.host}:{plan.port}"
    clients = [
        (Connection(plan.host, plan.port), work.requests(number, host))
        for number in range(plan.clients)
    ]
    record = Record(plan.warm_up_seconds, plan.seconds, plan.most)
    with selectors.DefaultSelector() as selector:
        for connection, requests in clients:
            selector.register(
                connection.socket, selectors.EVENT_WRITE, _Client(selector, connection, requests)
            )
        while selector.get_map():
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise Failed(f"no answer for {SILENCE_SECONDS:g} s")
            for key, events in ready:
                key.data.go_on(record, writable=bool(events & selectors.EVENT_WRITE))
    return record.figures()


class _Client:
    """A connection in the selector, waiting to write or to read."""

    def __init__(
        self, selector: selectors.BaseSelector, connection: Connection, requests: Requests
    ) -> None:
        self._selector = selector
        self._connection = connection
        self._requests = requests
        self._begun = False
        self._writing = True

    def go_on(self, record: Record, *, writable: bool) -> None:
        """Do what the socket is ready for."""
        if not self._begun:
            self._ask()
        elif writable:
            self._wait(writing=not self._connection.send())
        elif (answer := self._connection.receive()) is not None:
            if not self._requests.is_good(answer):
                raise Failed(answer.brief())
            if record.take(self._connection.began, answer.size_bytes):
                self._ask()
            else:
                # At the end of a request, so that nothing is left half sent.
                self._end()

    def _ask(self) -> None:
        self._begun = True
        request = self._requests.next()
        if request is None:
            self._end()
        else:
            self._wait(writing=not self._connection.begin(request))

    def _wait(self, *, writing: bool) -> None:
        """Wait for the answer, or until more can be sent; most requests go out at once."""
        if writing is not self._writing:
            events = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
            self._selector.modify(self._connection.socket, events, self)
            self._writing = writing

    def _end(self) -> None:
        self._selector.unregister(self._connection.socket)
        self._connection.socket.close()
