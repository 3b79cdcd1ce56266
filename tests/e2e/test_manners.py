"""The manners of clients that exist: what they send, however oddly, is understood as Orthanc understands it."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
from support.dicoms import Dicom, DicomMaker
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_FIND = json.dumps({"Level": "Patient", "Query": {}, "Limit": 1}).encode()


@pytest.fixture(scope="session")
def stored(axial: Axial) -> Dicom:
    """Store one file."""
    dicom = DicomMaker(per_series=1).make(0)
    with axial.client() as client:
        client.post("/instances", content=dicom.body).raise_for_status()
    return dicom


@pytest.mark.parametrize(
    "spelled",
    [
        "//patients/{id}",
        "/patients//{id}",
        "/patients/{id}/",
        "///patients///{id}//",
        "/./patients/./{id}",
        "/patients/{id}/.",
        "/nothing/../patients/{id}",
        "/../patients/{id}",
        "/%70atients/{id}",
        "/patients%2F{id}",
        "/patients/%2F{id}",
        "/patients/{id}?",
        "/patients/{id}?nonsense=%zz&&=&a",
    ],
)
def test_spellings_of_a_path(axial: Axial, stored: Dicom, spelled: str) -> None:
    """A path is its segments, decoded."""
    patient = stored.names.orthanc_ids[0]
    with axial.client() as client:
        plain = client.get(f"/patients/{patient}")
    status, _, body = _ask(axial, "GET", spelled.format(id=patient))
    assert (status, body) == (plain.status_code, plain.content)


@pytest.mark.parametrize("path", ["/internal/blobs/unknown", "/metrics", "/readyz"])
@pytest.mark.parametrize(
    "spelled",
    ["/{0}", "//{0}", "/.{0}", "/nothing/..{0}", "/%2e{0}", "{0}/", "{0}%2F", "{0}//.", "{0}/x/.."],
)
def test_no_spelling_opens_a_door(axial: Axial, path: str, spelled: str) -> None:
    """What is for operators stays unknown outside, however it is spelled."""
    for method in ("GET", "POST"):
        status, _, body = _ask(axial, method, spelled.format(path), body=b'{"keys": []}')
        assert (status, json.loads(body)["OrthancStatus"]) == (404, 17)


@pytest.mark.parametrize(
    "headers",
    [
        {"Expect": ""},
        {"accept": "*/*"},
        {"Accept-Encoding": "gzip, deflate, br"},
        {"Accept-Encoding": ""},
        {"Content-Type": ""},
        {"content-type": "text/plain"},
        {"CONTENT-TYPE": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/dicom"},
        {"Content-Type": "nonsense; ="},
        {"Connection": "close"},
        {"User-Agent": ""},
    ],
    ids=str,
)
def test_headers_that_say_nothing(axial: Axial, stored: Dicom, headers: dict[str, str]) -> None:
    """Neither a question nor an upload is decided by them."""
    assert _ask(axial, "GET", "/system", headers)[0] == 200
    status, _, body = _ask(axial, "POST", "/tools/find", headers, _FIND)
    assert (status, len(json.loads(body))) == (200, 1)
    status, _, body = _ask(axial, "POST", "/instances", headers, stored.body)
    assert (status, json.loads(body)["ID"]) == (200, stored.id)
    status, told, _ = _ask(axial, "GET", f"/instances/{stored.id}/preview", headers)
    assert (status, told["Content-Type"]) == (200, "image/png")
    path = f"/patients/{stored.names.orthanc_ids[0]}"
    for written in ("1", "0"):
        assert _ask(axial, "PUT", f"{path}/protected", headers, written.encode())[0] == 200
        assert _ask(axial, "GET", f"{path}/protected", headers)[2] == written.encode()
    text = b'{"not": "JSON, but a text'
    assert _ask(axial, "PUT", f"{path}/metadata/1024", headers, text)[0] == 200
    assert _ask(axial, "GET", f"{path}/metadata/1024", headers)[2] == text


def test_a_client_that_asks_before_it_sends(axial: Axial, stored: Dicom) -> None:
    """`Expect: 100-continue`, which curl sends with every larger body, is answered at once."""
    with _connected(axial) as connection:
        head = f"POST /instances HTTP/1.1\r\nHost: axial\r\nContent-Length: {len(stored.body)}\r\n"
        connection.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(stored.body)
        assert _answer(connection, "POST")[0] == 200


def test_http_1_0(axial: Axial, stored: Dicom) -> None:
    """Neither a Host nor a connection that stays is needed."""
    with _connected(axial) as connection:
        connection.sendall(b"GET /instances/%s/file HTTP/1.0\r\n\r\n" % stored.id.encode())
        status, _, body = _answer(connection, "GET")
        assert (status, body) == (200, stored.body)
        assert connection.recv(1) == b""


def test_one_connection_after_the_other(axial: Axial) -> None:
    """Clients without a pool open one for each call; none is refused."""
    assert {_ask(axial, "GET", "/tools/now")[0] for _ in range(100)} == {200}


def test_a_window_without_its_end(axial: Axial, stored: Dicom) -> None:
    """`since` is understood without `limit`."""
    with axial.client() as client:
        everything = client.get("/instances").json()
        assert client.get("/instances?since=1").json() == everything[1:]
        assert client.get("/instances?limit=1").json() == everything[:1]
        assert client.get("/changes?since=0").json()["Changes"]
        assert client.get("/exports?since=0").status_code == 200


@pytest.mark.parametrize("length", [10_000, 50_000, 200_000, 2_000_000])
def test_absurdly_long_paths(axial: Axial, length: int) -> None:
    """Are refused; the next request is served."""
    with suppress(ConnectionError):  # refused before it was read to its end
        assert 400 <= _ask(axial, "GET", "/" + "a" * length)[0] < 500
    assert _ask(axial, "GET", "/system")[0] == 200


def _ask(
    axial: Axial,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is, on a connection of its own; return status, headers and body."""
    lines = [f"{method} {target} HTTP/1.1", "Host: axial"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with _connected(axial) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return _answer(connection, method)


@contextmanager
def _connected(axial: Axial) -> Iterator[socket.socket]:
    address = urlsplit(axial.url)
    with socket.create_connection((str(address.hostname), address.port or 80), 30) as connection:
        yield connection


def _answer(connection: socket.socket, method: str) -> tuple[int, dict[str, str], bytes]:
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    return answer.status, dict(answer.headers.items()), answer.read()
