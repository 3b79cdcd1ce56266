"""The Caddyfile: which service answers which path."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from axial.cli.engines import caddy
from axial.cli.engines.caddy import Upstreams
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, Port, free_ports

pytestmark = pytest.mark.integration

EDGE_TIMEOUT_SECONDS = 10.0


class _Handler(BaseHTTPRequestHandler):
    """Answers with the service's name; the edge's decision is all there is to see."""

    protocol_version = "HTTP/1.1"
    server: "_Service"

    def _answer(self) -> None:
        if self.path == "/stream":
            self._stream()
            return
        received = self._received_bytes()
        if self.path == "/broken" or self.server.dies:
            self.close_connection = True
            self.server.calls.append(self.command)
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        told = {
            "service": self.server.service,
            "path": self.path,
            "bytes": received,
            "from": self.headers.get("X-Forwarded-For"),
        }
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _received_bytes(self) -> int:
        if "Transfer-Encoding" in self.headers:
            total = 0
            # A body that is cut short ends with an empty line in the place of a length.
            while length := int(self.rfile.readline() or b"0", 16):
                total += len(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
            return total
        left = int(self.headers.get("Content-Length", 0))
        total = 0
        while left > 0 and (piece := self.rfile.read(min(left, 65536))):
            self.server.first_byte.set()
            total += len(piece)
            left -= len(piece)
        return total

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        # Blocks until the edge closes the connection, as it must when its client has gone.
        self.connection.settimeout(EDGE_TIMEOUT_SECONDS)
        if self.connection.recv(1) == b"":
            self.server.client_gone.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815


class _Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: str, *, dies: bool = False) -> None:
        self.service = service
        #: Whether it goes away with each request in its hands.
        self.dies = dies
        self.first_byte = threading.Event()
        self.client_gone = threading.Event()
        self.calls: list[str] = []
        super().__init__((LOOPBACK, 0), _Handler)


@dataclass(frozen=True, slots=True)
class Edge:
    """A running edge, and the services behind it."""

    client: httpx2.Client
    ports: Upstreams
    services: dict[str, _Service] = field(default_factory=dict)

    def ask(self, method: str, path: str) -> httpx2.Response:
        """Send a request whose path is sent as it is, also with two slashes at its beginning."""
        return self.client.request(method, f"{str(self.client.base_url).rstrip('/')}{path}")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Caddy with the real Caddyfile, before three services that say their names."""
    services = {name: _Service(name) for name in ("ingest", "index", "changefeed", "router")}
    for service in services.values():
        threading.Thread(target=service.serve_forever, daemon=True).start()
    told = {name: Port(server.server_address[1]) for name, server in services.items()}
    ports = Upstreams(**{name: (port,) for name, port in told.items()})
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("edge")
    with (
        running([caddy.prepare(folder, port, ports)], folder),
        httpx2.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=EDGE_TIMEOUT_SECONDS) as client,
    ):
        yield Edge(client, ports, services)
    for service in services.values():
        service.shutdown()
        service.server_close()


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/", "index"),
        ("GET", "/instances", "index"),
        ("GET", "/modalities", "router"),
        ("PUT", "/peers/sample", "router"),
        ("POST", "/jobs/abc/cancel", "router"),
        ("DELETE", "/queries/abc", "router"),
        ("POST", "/router/rules/test", "router"),
        ("POST", "/tools/dicom-echo", "router"),
        ("GET", "/storage-commitment/1.2", "router"),
        ("GET", "/instances/abc/file", "index"),
        ("HEAD", "/instances/abc/file", "index"),
        ("GET", "/system", "index"),
        ("GET", "/tools/generate-uid?level=study", "index"),
        ("POST", "/tools/find", "index"),
        ("POST", "/instances", "ingest"),
        ("PUT", "/instances/abc/metadata/1024", "ingest"),
        ("DELETE", "/studies/abc", "ingest"),
        ("POST", "/studies", "ingest"),
        ("GET", "/changes?since=3&limit=100", "changefeed"),
        ("DELETE", "/changes", "ingest"),
        ("GET", "/changefeed", "changefeed"),
        ("GET", "/changefeed/latest", "changefeed"),
        ("GET", "/v1/changefeed?offset=0", "changefeed"),
        ("GET", "/v2/changefeed/latest", "changefeed"),
        ("GET", "/v1.0-prerelease/changefeed", "changefeed"),
        ("GET", "/v2/partitions/a/changefeed", "changefeed"),
        ("POST", "/feed/consumers", "changefeed"),
        ("GET", "/feed/stream", "changefeed"),
        ("GET", "/view", "index"),
        ("GET", "/changes-of-mind", "index"),
        ("PUT", "/feed/consumers/viewer", "changefeed"),
        ("DELETE", "/feed/consumers/viewer", "changefeed"),
        ("PUT", "/studies/abc/metadata/1024", "ingest"),
        ("GET", "/studies/abc/metadata/1024", "index"),
        ("POST", "/studies/abc/attachments/1025/verify-md5", "index"),
        ("POST", "/studies/abc/archive", "index"),
        ("POST", "/series/abc/media", "index"),
    ],
)
def test_each_path_reaches_its_service(edge: Edge, method: str, path: str, service: str) -> None:
    """Commands go to ingest, feeds to changefeed, and questions to the index, with their query."""
    answer = edge.ask(method, path)
    assert answer.status_code == 200
    if method != "HEAD":
        assert answer.json()["service"] == service
        assert answer.json()["path"] == path


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/metrics%2F",
        "//metrics",
        "/readyz",
        "/readyz/",
        "/internal",
        "/internal/blobs/unknown",
        "//internal//blobs/unknown",
        "/inter%6eal/x",
        "/INTERNAL/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_for_operators_is_unknown_outside(edge: Edge, method: str, path: str) -> None:
    """Readiness, metrics and the services' own routes are answered as Orthanc answers the unknown."""
    answer = edge.ask(method, path)
    assert answer.status_code == 404
    assert answer.json()["OrthancStatus"] == 17
    assert answer.json()["Method"] == method


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", "//tools/./find", "index"),
        ("DELETE", "//changes", "ingest"),
        ("GET", "/x/../v2//changefeed", "changefeed"),
        ("GET", "//patients", "index"),
    ],
)
def test_other_spellings(edge: Edge, method: str, path: str, service: str) -> None:
    """A path with doubled slashes or dots leads where it leads without; the service reads it so, too."""
    assert edge.ask(method, path).json()["service"] == service


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/patients/", "index"),
        ("GET", "/changes/", "changefeed"),
        ("DELETE", "/changes//", "ingest"),
        ("POST", "/studies/abc/attachments/1025/verify-md5/", "index"),
        ("POST", "/patients/abc/archive/", "index"),
        ("GET", "/v1/changefeed/", "changefeed"),
    ],
)
def test_a_slash_at_the_end(edge: Edge, method: str, path: str, service: str) -> None:
    """It neither leads elsewhere nor is passed on."""
    told = edge.client.request(method, path).json()
    assert (told["service"], told["path"]) == (service, path.rstrip("/"))


def test_a_method_that_nobody_knows(edge: Edge) -> None:
    """Refused, with those that somebody knows."""
    answer = edge.client.request("FOO", "/system")
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["allow"] == "GET,POST,PUT,DELETE"


@pytest.mark.parametrize("compresses", [True, False])
def test_json_is_compressed_when_that_is_wanted(
    edge: Edge, tmp_path: Path, *, compresses: bool
) -> None:
    """By the configuration, for whoever accepts it, when it is worth it."""
    (port,) = free_ports(1)
    program = caddy.prepare(tmp_path, port, edge.ports, compresses=compresses)
    url = f"http://{LOOPBACK}:{port}/tools/{'long' * 500}"
    with running([program], tmp_path):
        accepting = httpx2.get(url, headers={"Accept-Encoding": "gzip"})
        plain = httpx2.get(url, headers={"Accept-Encoding": "identity"})
        short = httpx2.get(f"http://{LOOPBACK}:{port}/system", headers={"Accept-Encoding": "gzip"})
    assert accepting.headers.get("content-encoding") == ("gzip" if compresses else None)
    assert "content-encoding" not in plain.headers | short.headers
    assert accepting.json() == plain.json()


def test_the_edge_answers_for_its_own_health(edge: Edge) -> None:
    """No service is asked."""
    answer = edge.client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_client_cannot_pretend_to_be_somewhere_else(edge: Edge) -> None:
    """The address that services see is the connection's, whatever the client claims."""
    answer = edge.client.get("/instances", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.json()["from"] == LOOPBACK


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("10.1.2.3", "10.1.2.3"),
        # What a client says of itself, the proxy before us only adds to.
        ("192.0.2.66, 10.1.2.3", "10.1.2.3"),
        ("10.1.2.3, 127.0.0.9", "10.1.2.3"),
    ],
)
def test_a_proxy_before_the_edge_says_who_the_client_is(
    tmp_path: Path, edge: Edge, told: str, client: str
) -> None:
    """Services are told one address: the last that no trusted proxy has, whatever stands before it."""
    (port,) = free_ports(1)
    program = caddy.prepare(tmp_path, port, edge.ports)
    trusting = {**program.environment, "AXIAL_EDGE_TRUSTED_PROXIES": "192.168.0.0/16 127.0.0.0/8"}
    with running([replace(program, environment=trusting)], tmp_path / "logs"):
        for path in ("/system", "/instances/abc/file"):
            answer = httpx2.get(
                f"http://{LOOPBACK}:{port}{path}", headers={"X-Forwarded-For": told}
            )
            assert answer.json()["from"] == client


def test_a_large_body_streams_through(edge: Edge) -> None:
    """The service has the first bytes while the client still holds the last back."""
    piece = bytes(1024 * 1024)
    seen = edge.services["ingest"].first_byte
    seen.clear()

    def body() -> Iterator[bytes]:
        yield piece
        assert seen.wait(EDGE_TIMEOUT_SECONDS), "the edge keeps the body to itself"
        for _ in range(7):
            yield piece

    size = {"Content-Length": str(8 * len(piece))}
    answer = edge.client.post("/instances", content=body(), headers=size)
    assert answer.json()["bytes"] == 8 * len(piece)


def test_an_event_stream_is_not_held_back_nor_kept_for_the_gone(edge: Edge) -> None:
    """The first event arrives while the stream is open; when the client goes, the service is told."""
    edge.services["index"].client_gone.clear()
    with edge.client.stream("GET", "/stream") as answer:
        assert next(answer.iter_bytes()) == b"data: first\n\n"
    assert edge.services["index"].client_gone.wait(EDGE_TIMEOUT_SECONDS)


def test_a_broken_command_is_not_repeated(edge: Edge) -> None:
    """A POST whose answer was lost is answered 503, and was sent once."""
    edge.services["ingest"].calls.clear()
    answer = edge.client.post("/broken", content=b"once")
    assert answer.status_code == 503
    assert edge.services["ingest"].calls == ["POST"]


def test_a_replica_that_is_away_is_stood_in_for(tmp_path: Path, edge: Edge) -> None:
    """What never reached one ingest is sent to the other, a POST with its whole body too."""
    port, away = free_ports(2)
    alive = edge.ports.ingest[0]
    program = caddy.prepare(
        tmp_path,
        port,
        Upstreams((away, alive), edge.ports.index, edge.ports.changefeed, edge.ports.router),
    )
    body = b"x" * 300_000
    with running([program], tmp_path / "logs"):
        answers = [
            httpx2.post(f"http://{LOOPBACK}:{port}/instances", content=body) for _ in range(5)
        ]
    assert [answer.status_code for answer in answers] == [200] * 5


def test_a_dead_replica_is_not_seen(tmp_path: Path, edge: Edge) -> None:
    """However many ask at once, and whatever turn is whose: all are answered by the replica that lives."""
    port, away = free_ports(2)
    program = caddy.prepare(tmp_path, port, replace(edge.ports, index=(away, edge.ports.index[0])))

    def ask(_: int) -> list[int]:
        with httpx2.Client(base_url=f"http://{LOOPBACK}:{port}") as client:
            return [client.get("/instances").status_code for _ in range(20)]

    with running([program], tmp_path / "logs"), ThreadPoolExecutor(8) as pool:
        answers = [status for statuses in pool.map(ask, range(8)) for status in statuses]
    assert answers == [200] * 160


@pytest.fixture
def dying(tmp_path: Path, edge: Edge) -> Iterator[tuple[str, _Service]]:
    """Run an edge before two replicas of index, one of which dies with whatever it is asked; give its URL."""
    service = _Service("dying", dies=True)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    (port,) = free_ports(1)
    both = (Port(service.server_address[1]), edge.ports.index[0])
    with running(
        [caddy.prepare(tmp_path, port, replace(edge.ports, index=both))], tmp_path / "logs"
    ):
        yield f"http://{LOOPBACK}:{port}", service
    service.shutdown()
    service.server_close()


def _ask_until_dying(url: str, service: _Service, method: str, path: str) -> list[httpx2.Response]:
    """Ask until the replica that dies has had its turn."""
    body = b"x" * 300_000 if method == "POST" else None
    answers = []
    while not service.calls:
        answers.append(httpx2.request(method, url + path, content=body))
    return answers


@pytest.mark.parametrize(
    ("method", "path", "size_bytes"),
    [("GET", "/instances", 0), ("HEAD", "/instances", 0), ("POST", "/tools/find", 300_000)],
)
def test_a_question_survives_who_was_asked(
    dying: tuple[str, _Service], method: str, path: str, size_bytes: int
) -> None:
    """Reads, and the questions that are POSTed, are asked again of another replica, with the whole body."""
    answers = _ask_until_dying(*dying, method, path)
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    if method != "HEAD":
        assert {answer.json()["bytes"] for answer in answers} == {size_bytes}


def test_what_may_be_done_twice_is_not_sent_twice(dying: tuple[str, _Service]) -> None:
    """A job that a replica was to begin when it died is not begun by another: the client is told."""
    *answers, last = _ask_until_dying(*dying, "POST", "/tools/create-archive")
    assert ([answer.status_code for answer in answers], last.status_code) in (
        ([], 503),
        ([200], 503),
    )
    assert dying[1].calls == ["POST"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_away_is_told_in_orthancs_words(tmp_path: Path, method: str) -> None:
    """Whatever the path holds, the answer is 503 with Orthanc's JSON, and says when to try again."""
    port, *away = free_ports(5)
    program = caddy.prepare(tmp_path, port, Upstreams(*((port,) for port in away)))
    with running([program], tmp_path / "logs"):
        answer = httpx2.request(
            method, f"http://{LOOPBACK}:{port}/instances/%22quo%5Cted%22?PatientID=SECRET"
        )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Content-Type"] == "text/plain"
    told = answer.json()
    assert told["HttpError"] == "Service Unavailable"
    assert told["HttpStatus"] == 503
    assert told["OrthancStatus"] == 36
    assert told["Method"] == method
    assert told["Uri"] == '/instances/"quo\\ted"'
    assert "SECRET" not in (tmp_path / "logs" / "edge.log").read_text()


@pytest.mark.parametrize("path", ["/system", "/no/route", "/metrics", "/healthz"])
def test_browsers_are_told_to_be_careful(edge: Edge, path: str) -> None:
    """With every answer, of services and of the edge's own; never of TLS that does not end here."""
    headers = edge.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/tools/find", 413),
        ("PUT", "/modalities/sample", 413),
        ("PUT", "/studies/abc/metadata/1024", 413),
        ("POST", "/modalities/sample/store", 413),
        ("POST", "/instances", 200),
        ("PUT", "/studies/abc/attachments/1025", 200),
        ("POST", "/peers/sample/store-straight", 200),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_only_files_are_large(
    edge: Edge, method: str, path: str, status: int, *, declared: bool
) -> None:
    """Any other body of more than 20 MiB is refused in Orthanc's form, whether its length is told or not."""
    body = bytes(21 * 1024 * 1024)
    answer = edge.client.request(method, path, content=body if declared else iter([body]))
    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["HttpStatus"], answer.json()["Uri"]) == (413, path)
