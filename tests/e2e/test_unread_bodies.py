"""A body that nobody reads to its end is never taken for another request, and harms nobody."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

# What a server would answer, if it took the rest of a body for requests.
_SMUGGLED = b"GET /statistics HTTP/1.1\r\nHost: axial\r\n\r\n"
# Beyond the 256 KB that Go's server reads of a body after the answer, to keep the connection.
_BODY = _SMUGGLED * (2_000_000 // len(_SMUGGLED))
_FIRST_BYTES = 100_000


@pytest.mark.parametrize(
    ("line", "header", "status"),
    [
        ("POST /instances", "Content-Encoding: compress", 400),
        ("POST /nowhere", "X: y", 404),
        ("POST /tools/nowhere", "X: y", 404),
        ("PUT /instances", "X: y", 405),
        ("DELETE /instances/nonsense", "X: y", 404),
        ("GET /system", "X: y", 200),
        ("GET /nowhere", "X: y", 404),
        ("GET /changes?last", "X: y", 200),
        ("GET /metrics", "X: y", 404),
        ("FOO /instances", "X: y", 405),
    ],
)
@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_one_answer(axial: Axial, framing: str, line: str, header: str, status: int) -> None:
    """Whatever is refused or never looked at, its body brings no second answer and no outage."""
    body = _BODY
    size = f"Content-Length: {len(body)}"
    if framing == "chunked":
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        size = "Transfer-Encoding: chunked"
    with _connect(axial) as connection:
        head = f"{line} HTTP/1.1\r\nHost: axial\r\n{size}\r\n{header}\r\n\r\n"
        connection.sendall(head.encode() + body[:_FIRST_BYTES])
        # The answer may come early; a client that goes on sending all the same is the dangerous one.
        with suppress(ConnectionError):
            connection.sendall(body[_FIRST_BYTES:] + _SMUGGLED)
        answers = _everything(connection)
    assert answers.startswith(b"HTTP/1.1 %d " % status)
    assert answers.count(b"HTTP/1.1 ") == 1
    with axial.client() as client:
        assert client.get("/system").status_code == 200
        assert client.post("/instances", content=b"").status_code == 400


def _connect(axial: Axial) -> socket.socket:
    address = urlsplit(axial.url)
    assert address.hostname is not None
    return socket.create_connection((address.hostname, address.port or 80), timeout=30)


def _everything(connection: socket.socket) -> bytes:
    """Read until the connection is closed."""
    received = b""
    with suppress(ConnectionError):
        while chunk := connection.recv(65536):
            received += chunk
    return received
