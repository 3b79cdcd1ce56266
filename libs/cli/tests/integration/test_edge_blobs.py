"""The Caddyfile: blobs that the edge sends by itself."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from axial.cli.engines import caddy
from axial.cli.engines.caddy import BlobAccess, Upstreams
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, Port, free_ports

pytestmark = pytest.mark.integration

TOKEN = "token of the edge"
BLOB = bytes(range(256)) * 1000
HEAD = {
    "Accept-Ranges": "bytes",
    "Content-Disposition": 'filename="a.dcm"',
    "Content-Type": "application/dicom",
    "ETag": '"the file\'s"',
}
SIGNED = {
    "X-Axial-Signed-Host": "bucket.example",
    "X-Axial-Signed-Date": "20261121T120000Z",
    "X-Axial-Signed-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Axial-Signed-Authorization": "signature",
}
EDGE_TIMEOUT_SECONDS = 10.0


class _Server(ThreadingHTTPServer):
    """Remembers what it was asked."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__((LOOPBACK, 0), handler)
        self.asked: list[Message] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class _Index(_Handler):
    """Hands over to whoever brings the token, as index does; to others it sends what it has by then."""

    def do_GET(self) -> None:
        """Answer by the path: `/instances/<what>-<where>/file`."""
        self.server.asked.append(self.headers)
        if self.headers.get("X-Axial-Edge") != TOKEN:
            self.respond(200, HEAD | {"ETag": '"newer"'}, b"newer bytes")
            return
        what, _, where = self.path.split("/")[2].partition("-")
        part = (self.headers.get("Range") or "").removeprefix("bytes=")
        place = {"X-Axial-Blob": f"/{what}.dcm", "X-Axial-Range": part and f"bytes={part}"}
        first, _, last = (part or f"0-{len(BLOB) - 1}").partition("-")
        place["X-Axial-Length"] = str(int(last) - int(first) + 1)
        place |= {"Content-Range": f"bytes {part}/{len(BLOB)}"} if part else {}
        signed = SIGNED if where == "s3" else {}
        self.respond(206 if part else 200, {**HEAD, **place, **signed}, b"")


class _S3(_Handler):
    """One object, and one that is shorter than it was."""

    def do_GET(self) -> None:
        """Answer as S3 does, with headers of its own."""
        self.server.asked.append(self.headers)
        own = {"ETag": '"s3"', "Last-Modified": "yesterday", "x-amz-request-id": "1", "Vendor": "x"}
        own["Content-Type"] = "binary/octet-stream"
        if self.path == "/short.dcm":
            self.send(BLOB[:-1], own)
        elif self.path != "/here.dcm":
            self.respond(404, own, b"<Error/>")
        else:
            self.send(BLOB, own)

    def send(self, blob: bytes, own: dict[str, str]) -> None:
        """Send what is asked for of an object."""
        if part := self.headers.get("Range"):
            first, last = map(int, part.removeprefix("bytes=").split("-"))
            own["Content-Range"] = f"bytes {first}-{last}/{len(blob)}"
            self.respond(206, own, blob[first : last + 1])
        else:
            self.respond(200, own, blob)


@dataclass(frozen=True, slots=True)
class Edge:
    """A running edge before an index, a folder and an S3 server."""

    client: httpx2.Client
    index: _Server
    s3: _Server
    folder: Path = field(repr=False)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Caddy with the real Caddyfile."""
    folder = tmp_path_factory.mktemp("edge")
    blobs = folder / "blobs"
    blobs.mkdir()
    (blobs / "here.dcm").write_bytes(BLOB)
    servers = [_Server(_Index), _Server(_S3)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    index, s3 = servers
    port, other = free_ports(2)
    program = caddy.prepare(
        folder,
        port,
        Upstreams((other,), (Port(index.server_address[1]),), (other,), (other,)),
        blobs=BlobAccess(TOKEN, blobs, f"http://{LOOPBACK}:{s3.server_address[1]}"),
    )
    url = f"http://{LOOPBACK}:{port}"
    with (
        running([program], folder / "logs"),
        httpx2.Client(base_url=url, timeout=EDGE_TIMEOUT_SECONDS) as client,
    ):
        yield Edge(client, index, s3, folder)
    for server in servers:
        server.shutdown()
        server.server_close()


STORES = ("file", "s3")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(
    "path",
    [
        "/instances/here-{}/file",
        "/instances/here-{}/file?filename=a.dcm&acl",
        "/studies/here-{}/attachments/x/data",
    ],
)
def test_a_blob_is_sent_with_the_head_that_index_gave(edge: Edge, store: str, path: str) -> None:
    """Its bytes come from where it is; of that place the client sees nothing."""
    answer = edge.client.get(path.format(store))
    assert (answer.status_code, answer.content) == (200, BLOB)
    assert answer.headers["Content-Length"] == str(len(BLOB))
    _assert_head(answer, '"the file\'s"')


@pytest.mark.parametrize("store", STORES)
def test_a_range_is_what_index_says(edge: Edge, store: str) -> None:
    """Conditions have been looked at before: they are not asked again of a place that knows other ETags."""
    conditions = {"If-Match": '"x"', "If-Range": '"x"', "If-None-Match": '"the file\'s"'}
    answer = edge.client.get(
        f"/instances/here-{store}/file", headers={"Range": "bytes=5-1004", **conditions}
    )
    assert (answer.status_code, answer.content) == (206, BLOB[5:1005])
    assert answer.headers["Content-Range"] == f"bytes 5-1004/{len(BLOB)}"
    _assert_head(answer, '"the file\'s"')


@pytest.mark.parametrize("if_range", [{"If-Range": '"a"'}, {}])
@pytest.mark.parametrize("range_", [{"Range": "bytes=0-9"}, {}])
@pytest.mark.parametrize(("what", "store"), [("gone", "file"), ("gone", "s3"), ("short", "s3")])
def test_a_blob_that_is_gone_is_asked_of_index_again(
    edge: Edge, what: str, store: str, range_: dict[str, str], if_range: dict[str, str]
) -> None:
    """Index is asked as the client asked it, and not for a place: it sends what the file is now."""
    asked = {**range_, **if_range, "If-None-Match": '"b"'}
    edge.index.asked.clear()
    answer = edge.client.get(f"/instances/{what}-{store}/file?filename=x", headers=asked)
    assert (answer.status_code, answer.content) == (200, b"newer bytes")
    _assert_head(answer, '"newer"')
    first, second = edge.index.asked
    for name in ("Range", "If-Range", "If-None-Match"):
        assert (second.get(name) or None) == first.get(name) == asked.get(name)
    # An empty one would be another version's; empty ones of the others say nothing.
    assert second["If-Range"] == asked.get("If-Range")
    assert second["X-Axial-Edge"] is None


def test_nobody_else_is_told_where_blobs_are(edge: Edge) -> None:
    """The token that a client brings is not passed on, and methods and paths without blobs bring none."""
    edge.index.asked.clear()
    stolen = {"X-Axial-Edge": "guess"}
    edge.client.get("/instances/here-file/file", headers=stolen)
    edge.client.get("/instances/here-file", headers=stolen)
    told = [message.get_all("X-Axial-Edge") for message in edge.index.asked]
    assert told == [[TOKEN], None]


def test_the_signed_request_is_the_only_thing_that_s3_sees(edge: Edge) -> None:
    """Neither the client's credentials nor unsigned names of Amazon's reach the server of the blobs."""
    edge.s3.asked.clear()
    mine = {"Authorization": "Basic eDp5", "X-Amz-Acl": "public", "Cookie": "a=b"}
    answer = edge.client.get("/instances/here-s3/file", headers=mine)
    assert answer.status_code == 200
    (seen,) = edge.s3.asked
    assert seen["Host"] == "bucket.example"
    assert seen.get_all("Authorization") == ["signature"]
    assert seen["X-Amz-Date"] == "20261121T120000Z"
    assert seen["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert seen["X-Amz-Acl"] is None
    assert seen["Cookie"] is None


# What the edge tells browsers with each answer; its words are tested in test_edge.py.
_GUARDS = {
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}


def _assert_head(answer: httpx2.Response, etag: str) -> None:
    """Each header once, those of index and the edge's own, and none beside."""
    kept = {
        (name.lower(), value) for name, value in {**HEAD, "ETag": etag, "Via": "1.1 Caddy"}.items()
    }
    transport = {"content-length", "content-range", "date", "server"}
    told = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    beside = [(name, value) for name, value in told if name not in transport]
    assert sorted(each for each in beside if each[0] not in _GUARDS) == sorted(kept)
    assert sorted(name for name, _ in beside if name in _GUARDS) == sorted(_GUARDS)
