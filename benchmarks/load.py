"""The load: a process of its own that uploads over keep-alive connections, timing each answer.

One thread and one selector, requests prepared in advance: on a machine with few cores the sender must
take as little as it can from the systems it measures, and the same from each.
"""

import argparse
import json
import resource
import selectors
import socket
import sys
import time
from dataclasses import dataclass

from support.dicoms import DicomMaker

# A real series: enough instances that a series' row is written again and again, as in an archive.
_PER_SERIES = 100
# Serial numbers of one client; more than any run sends.
_CLIENT_SERIALS = 10**8
_RECEIVE_BYTES = 64 * 1024
# A system that does not answer for so long has failed, and the run with it.
_SILENCE_SECONDS = 30.0
_END_OF_HEAD = b"\r\n\r\n"


class Failed(Exception):
    """A system answered something else than success."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, to whom, for how long."""

    host: str
    port: int
    clients: int
    pixels: int
    warm_up_seconds: float
    seconds: float
    most: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen, of the answers that came within the measured time."""

    instances: int
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float
    #: The sender's own share of a processor.
    sender_cpu: float

    @property
    def per_second(self) -> float:
        """Instances per second."""
        return self.instances / self.seconds


class Client:
    """One keep-alive connection that sends one file after another."""

    def __init__(self, number: int, plan: Plan, maker: DicomMaker) -> None:
        self.socket = socket.create_connection((plan.host, plan.port), timeout=_SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._maker = maker
        self._serial = number * _CLIENT_SERIALS
        head = (
            f"POST /instances HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n"
            f"Content-Type: application/dicom\r\nContent-Length: {len(maker.template)}\r\n\r\n"
        ).encode()
        self._head_bytes = len(head)
        self._request = bytearray(head + maker.template)
        self._sent = 0
        self._answer = b""
        self.began = 0.0

    def begin(self) -> None:
        """Turn the request into that of another file, and begin to send it."""
        self._maker.patch(self._request, self._head_bytes, self._serial)
        self._serial += 1
        self._sent = 0
        self._answer = b""
        self.began = time.perf_counter()

    def send(self) -> bool:
        """Send what the socket takes; tell whether that was the end."""
        with memoryview(self._request) as request:
            self._sent += self.socket.send(request[self._sent :])
        return self._sent == len(self._request)

    def receive(self) -> bool:
        """Take what has come; tell whether that was the whole of a good answer."""
        chunk = self.socket.recv(_RECEIVE_BYTES)
        if not chunk:
            raise Failed("the connection was closed")
        self._answer += chunk
        head, found, body = self._answer.partition(_END_OF_HEAD)
        if not found:
            return False
        length = _content_length(head)
        if len(body) < length:
            return False
        if not head.startswith(b"HTTP/1.1 200 ") or b'"Success"' not in body:
            raise Failed((head.partition(b"\r\n")[0] + b" " + body[:200]).decode(errors="replace"))
        return True


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise Failed("an answer without Content-Length")


class Record:
    """The times of the answers that came after the warm-up, until the end or the most."""

    def __init__(self, plan: Plan) -> None:
        self._began = time.perf_counter()
        self._cpu_seconds = _cpu_seconds()
        self._start = self._began + plan.warm_up_seconds
        self._end = self._start + plan.seconds
        self._most = plan.most
        self._latencies: list[float] = []
        self._last = self._start

    def take(self, began: float) -> bool:
        """Note an answer that has just come; tell whether there shall be another."""
        now = time.perf_counter()
        more = now < self._end and len(self._latencies) < self._most
        if more and now >= self._start:
            self._latencies.append(now - began)
            self._last = now
        return more

    def figures(self) -> Figures:
        """Sum up."""
        ordered = sorted(self._latencies)
        if not ordered:
            raise Failed("not one answer in the measured time")
        full = len(ordered) == self._most
        return Figures(
            instances=len(ordered),
            seconds=(self._last if full else self._end) - self._start,
            p50_milliseconds=1000 * ordered[len(ordered) // 2],
            p99_milliseconds=1000 * ordered[len(ordered) * 99 // 100],
            sender_cpu=(_cpu_seconds() - self._cpu_seconds) / (time.perf_counter() - self._began),
        )


def run(plan: Plan) -> Figures:
    """Send until the time is over, or the most was sent; raise Failed at the first bad answer."""
    maker = DicomMaker(plan.pixels, per_series=_PER_SERIES)
    clients = [Client(number, plan, maker) for number in range(plan.clients)]
    record = Record(plan)
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.begin()
            selector.register(client.socket, selectors.EVENT_WRITE, client)
        while selector.get_map():
            ready = selector.select(_SILENCE_SECONDS)
            if not ready:
                raise Failed(f"no answer for {_SILENCE_SECONDS:g} s")
            for key, events in ready:
                client = key.data
                if events & selectors.EVENT_WRITE:
                    if client.send():
                        selector.modify(client.socket, selectors.EVENT_READ, client)
                elif client.receive():
                    if record.take(client.began):
                        client.begin()
                        selector.modify(client.socket, selectors.EVENT_WRITE, client)
                    else:
                        # At the end of a request, so that nothing is left half sent.
                        selector.unregister(client.socket)
                        client.socket.close()
    return record.figures()


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Read the plan from the arguments, write the figures to standard output as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", help="the fields of Plan, as JSON")
    plan = Plan(**json.loads(parser.parse_args().plan))
    try:
        figures = run(plan)
    except (Failed, OSError) as error:
        sys.exit(str(error) or type(error).__name__)
    print(json.dumps({name: getattr(figures, name) for name in Figures.__slots__}))


if __name__ == "__main__":
    main()
