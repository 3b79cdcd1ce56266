"""One keep-alive connection of the sender: a request out, the answer in, as cheaply as Python can."""

import re
import socket
import time
from dataclasses import dataclass

from benchmarks.record import Failed

# A system that does not answer for so long has failed, and the run with it.
SILENCE_SECONDS = 30.0
# A page with metadata is a megabyte: it is counted, not kept.
_RECEIVE_BYTES = 256 * 1024
_KEPT_BODY_BYTES = 1024
_END_OF_HEAD = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)

# One for all: there is one thread, and what a socket gave is looked at before the next is asked.
_received = bytearray(_RECEIVE_BYTES)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; of a long body only the beginning."""

    head: bytes
    body: bytes
    size_bytes: int

    @property
    def is_ok(self) -> bool:
        """Whether the status is 200."""
        return self.head.startswith(b"HTTP/1.1 200 ")

    def brief(self) -> str:
        """Say what came, for an error's text."""
        return (self.head.partition(b"\r\n")[0] + b" " + self.body[:200]).decode(errors="replace")


class Connection:
    """Asks one question at a time; the socket does not block."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        #: When the request in hand was begun, by `time.perf_counter`.
        self.began = 0.0
        self._request: bytes | bytearray = b""
        self._sent = 0
        self._begun = b""
        self._head: bytes | None = None
        self._body = b""
        self._size_bytes = 0
        self._missing = 0

    def begin(self, request: bytes | bytearray) -> bool:
        """Begin to send; tell whether that was all of it."""
        self._request = request
        self._sent = 0
        self._begun = b""
        self._head = None
        self.began = time.perf_counter()
        return self.send()

    def send(self) -> bool:
        """Send what the socket takes; tell whether that was the end."""
        with memoryview(self._request) as request:
            try:
                self._sent += self.socket.send(request[self._sent :])
            except BlockingIOError:
                return False
            return self._sent == len(request)

    def receive(self) -> Answer | None:
        """Take what has come; return the answer when that was its end."""
        count = self.socket.recv_into(_received)
        if not count:
            raise Failed("the connection was closed")
        if self._head is None:
            self._begun += _received[:count]
            head, found, body = self._begun.partition(_END_OF_HEAD)
            if not found:
                return None
            self._head, self._body = head, body
            self._size_bytes = _content_length(head)
            self._missing = self._size_bytes - len(body)
        else:
            if len(self._body) < _KEPT_BODY_BYTES:
                self._body += _received[:count]
            self._missing -= count
        return Answer(self._head, self._body, self._size_bytes) if self._missing <= 0 else None


def _content_length(head: bytes) -> int:
    found = _CONTENT_LENGTH.search(head)
    if found is None:
        raise Failed(f"an answer without Content-Length: {head[:60]!r}")
    return int(found[1])
