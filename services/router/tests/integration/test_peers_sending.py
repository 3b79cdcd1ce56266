"""Instances go to a peer over HTTP, which may be any kind of server, and any kind of bad one."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from prometheus_client import CollectorRegistry
from support.http_peer import Asked, HttpPeer, Says, http_peer

from axial.common.errors import NotFound, Unavailable
from axial.common.http.proxy import Proxy
from axial.common.peers import Peer
from axial.dimse.sending.instances import Instance
from axial.router.destinations.dicomweb import DicomwebDestination
from axial.router.destinations.http_bodies import Files
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import HttpServer, Manner
from axial.router.destinations.peer import PeerDestination
from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.integration

INSTANCE = Instance("0" * 8, "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1")
SMALL = b"DICOM" * 1000
LARGE = bytes(range(256)) * 16 * 1024  # 4 MiB
MANNER = Manner(5.0, verify=True, ca_certificates=None, proxy=None)
SUCCESS = Says(200, json.dumps({"Status": "Success"}).encode())


class Kept:
    """A file, in pieces as the index gives them; with an error instead of its end, if wanted."""

    def __init__(
        self, content: bytes, size_bytes: int | None, error: Exception | None = None
    ) -> None:
        self._content = content
        self._error = error
        self.size_bytes = size_bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece, self._content = self._content[: 64 * 1024], self._content[64 * 1024 :]
        if not piece:
            raise self._error or StopAsyncIteration
        return piece


class Shelf:
    """Whoever has the one file there is."""

    def __init__(
        self, content: bytes = SMALL, *, sized: bool = True, error: Exception | None = None
    ) -> None:
        self._content = content
        self._size = len(content) if sized else None
        self._error = error
        #: How often it was opened.
        self.opened = 0

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[Kept]:
        """Open it."""
        if instance_id != INSTANCE.id:
            raise NotFound
        self.opened += 1
        size = self._size and self._size + (1 if self._error else 0)
        yield Kept(self._content, size, self._error)


@asynccontextmanager
async def line_to(
    peer: Peer, files: Files, manner: Manner = MANNER, *, compress: bool = False
) -> AsyncIterator[HttpLine]:
    """Open a line as jobs and deliveries do."""
    server = HttpServer(peer, manner)
    metrics = HttpSendingMetrics(CollectorRegistry())
    destination = (
        DicomwebDestination(server, files, metrics)
        if peer.protocol == "DICOMweb"
        else PeerDestination(server, files, metrics, compress)
    )
    try:
        async with destination.line([]) as line:
            yield line
    finally:
        await server.aclose()


def saying(*says: Says) -> Callable[[Asked], Says]:
    """Say one thing after another, the last for ever."""
    left = list(says)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def orthanc(peer: HttpPeer, **fields: object) -> Peer:
    """Name a server as a peer."""
    return Peer.model_validate({"Url": peer.url, "Timeout": 5, **fields})


@pytest.mark.parametrize(
    ("content", "sized"),
    [(SMALL, True), (SMALL, False), (LARGE, True), (LARGE, False), (b"", True)],
)
async def test_the_file_arrives(content: bytes, sized: bool) -> None:  # noqa: FBT001 - a case
    """Byte for byte, whatever its size, with its length if it is known; credentials and headers go along."""
    async with http_peer(saying(SUCCESS)) as server:
        peer = orthanc(server, Username="al", Password="ü", HttpHeaders={"X-Key": "k"})
        async with line_to(peer, Shelf(content, sized=sized)) as line:
            outcome = await line.send(INSTANCE)
        (asked,) = server.asked
    assert (outcome.verdict, outcome.status, line.sent_bytes) == (
        Verdict.DELIVERED,
        200,
        len(content),
    )
    assert (asked.method, asked.path, asked.body) == ("POST", "/instances", content)
    assert asked.headers["authorization"] == "Basic YWw6w7w="
    assert asked.headers["x-key"] == "k"
    assert ("content-length" in asked.headers) == (sized or len(content) < len(LARGE))


@pytest.mark.parametrize("content", [SMALL, LARGE])
async def test_a_file_is_compressed(content: bytes) -> None:
    """The body is gzip's, and says so."""
    async with (
        http_peer(saying(SUCCESS)) as server,
        line_to(orthanc(server), Shelf(content), compress=True) as line,
    ):
        assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.headers["content-encoding"] == "gzip"
    assert gzip.decompress(asked.body) == content
    assert line.sent_bytes == len(asked.body) < len(content)


async def test_a_connection_serves_many() -> None:
    """One after the other, also behind a refusal."""
    refusal = Says(400, b"{}")
    async with (
        http_peer(saying(SUCCESS, refusal, SUCCESS)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        verdicts = [(await line.send(INSTANCE)).verdict for _ in range(3)]
        assert server.connections == 1
    assert verdicts == [Verdict.DELIVERED, Verdict.REFUSED, Verdict.DELIVERED]


async def test_an_early_refusal_ends_the_sending() -> None:
    """Whoever does not want a long body says so before its end, and is heard."""
    async with (
        http_peer(saying(Says(413, at_once=True))) as server,
        line_to(orthanc(server), Shelf(LARGE * 4)) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert outcome.verdict in {Verdict.REFUSED, Verdict.AWAY}
    assert not outcome.is_doubtful
    assert line.sent_bytes < len(LARGE * 4)


@pytest.mark.parametrize(("cut", "is_doubtful"), [("head", False), ("body", True)])
async def test_a_connection_that_breaks(cut: str, is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """Away; and doubtful exactly when all had been sent."""
    async with (
        http_peer(saying(Says(cut=cut))) as server,
        line_to(orthanc(server), Shelf(LARGE * 4)) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, is_doubtful)
    assert outcome.protocol == "none"


async def test_a_silent_peer_is_not_waited_for_longer_than_its_timeout() -> None:
    """It may have the instance all the same."""
    async with (
        http_peer(saying(Says(silent=True))) as server,
        line_to(orthanc(server, Timeout=1), Shelf()) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, True)


async def test_nobody_there() -> None:
    """Nothing was sent, and nothing is in doubt."""
    async with http_peer(saying(SUCCESS)) as server:
        peer = orthanc(server)
    async with line_to(peer, Shelf()) as line:
        outcome = await line.send(INSTANCE)
        assert await line.has(INSTANCE) is None
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)
    assert outcome.reason == "it cannot be reached"


async def test_redirects_are_not_followed() -> None:
    """An operator has to say where the peer is; nothing is sent elsewhere, credentials least of all."""
    away = Says(307, headers={"Location": "http://127.0.0.1:1/instances"})
    async with (
        http_peer(saying(away)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        assert (await line.send(INSTANCE)).verdict is Verdict.AWAY
        assert len(server.asked) == 1


async def test_a_kept_connection_that_was_closed() -> None:
    """The peer is asked whether it has the instance before it gets it again; its bytes are counted once."""

    def answer(asked: Asked) -> Says:
        posts = [one for one in server.asked if one.method == "POST"]
        if asked.method == "GET":
            return Says(404)
        return Says(cut="body") if len(posts) == 1 else SUCCESS

    async with (
        http_peer(answer) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        first = await line.send(INSTANCE)
        size_bytes = line.sent_bytes
        second = await line.send(INSTANCE)
        assert line.sent_bytes == 2 * size_bytes
        methods = [asked.method for asked in server.asked]
    assert (first.verdict, second.verdict) == (Verdict.DELIVERED, Verdict.DELIVERED)
    assert methods == ["POST", "POST", "GET", "POST"]


async def test_a_kept_connection_that_was_closed_behind_the_instance() -> None:
    """Whoever has it does not get it a second time."""

    def answer(asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(200, b"{}")
        return SUCCESS if not server.asked else Says(cut="body")

    async with (
        http_peer(answer) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        await line.send(INSTANCE)
        size_bytes = line.sent_bytes
        assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        assert line.sent_bytes == 2 * size_bytes
        methods = [asked.method for asked in server.asked]
    assert methods == ["POST", "POST", "GET"]


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False), (401, None), (500, None)])
async def test_a_peer_is_asked(status: int, there: bool | None) -> None:  # noqa: FBT001 - a case
    """By the identifier that is the same in all Orthancs; an answer that says nothing is none."""
    async with (
        http_peer(saying(Says(status))) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        assert await line.has(INSTANCE) is there
        assert server.asked[0].path == f"/instances/{INSTANCE.id}"


async def test_our_own_failures_are_not_the_peers() -> None:
    """A file that is gone, or breaks off, is raised; the peer never gets a body that looks whole."""
    gone = replace(INSTANCE, id="gone")
    async with http_peer(saying(SUCCESS)) as server:
        async with line_to(orthanc(server), Shelf(LARGE, error=Unavailable())) as line:
            with pytest.raises(NotFound):
                await line.send(gone)
            with pytest.raises(Unavailable):
                await line.send(INSTANCE)
        assert not server.asked


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority for certificates."""
    return trustme.CA()


def _trusting(authority: trustme.CA, folder: Path) -> Manner:
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return replace(MANNER, ca_certificates=file)


def _server_side(authority: trustme.CA) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    return tls


async def test_https_is_trusted_by_the_authority_alone(
    authority: trustme.CA, tmp_path: Path
) -> None:
    """Without it nothing is sent, unless the configuration does not care."""
    async with http_peer(saying(SUCCESS), _server_side(authority)) as server:
        peer = orthanc(server)
        async with line_to(peer, Shelf(), _trusting(authority, tmp_path)) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        async with line_to(peer, Shelf()) as line:
            outcome = await line.send(INSTANCE)
            assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)
        async with line_to(peer, Shelf(), replace(MANNER, verify=False)) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED


async def test_a_clients_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    """It is shown to whoever wants one; whoever has none, or cannot read it, is turned away."""
    tls = _server_side(authority)
    authority.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    ours = authority.issue_cert("ours", common_name="ours")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "ours.pem")
    manner = _trusting(authority, tmp_path)
    async with http_peer(saying(SUCCESS), tls) as server:
        known = orthanc(server, CertificateFile=str(tmp_path / "ours.pem"))
        async with line_to(known, Shelf(), manner) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        assert server.asked[0].certificate == "ours"
        async with line_to(orthanc(server), Shelf(), manner) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.AWAY
        unreadable = orthanc(server, CertificateFile=str(tmp_path / "none.pem"))
        async with line_to(unreadable, Shelf(), manner) as line:
            assert "cannot be read" in (await line.send(INSTANCE)).reason
        assert len(server.asked) == 1


def _tunnel(asked: Asked) -> Says:
    return Says(407 if "proxy-authorization" not in asked.headers else 403)


async def test_a_proxy_is_asked_for_the_way() -> None:
    """With its credentials; what it refuses reaches nobody."""
    async with http_peer(_tunnel) as server:
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        manner = replace(MANNER, proxy=Proxy.from_text(f"al:pw@{host}:{port}"))
        async with line_to(Peer.model_validate(["http://far:80"]), Shelf(), manner) as line:
            outcome = await line.send(INSTANCE)
        (asked,) = server.asked
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)
    assert (asked.method, asked.path) == ("CONNECT", "far:80")
    assert asked.headers["proxy-authorization"] == "Basic YWw6cHc="


@asynccontextmanager
async def _proxy() -> AsyncIterator[Proxy]:
    """Run a proxy that leads wherever it is asked to."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            return
        host, _, port = head.split(" ")[1].partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        ends.append(asyncio.create_task(pipe(reader, far_writer)))
        ends.append(asyncio.create_task(pipe(far_reader, writer)))
        writer.write(b"HTTP/1.1 200 Led\r\n\r\n")

    ends: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(serve, "127.0.0.1")
    yield Proxy("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    await asyncio.wait_for(asyncio.gather(*ends), 5)


@pytest.mark.parametrize("is_secure", [False, True])
async def test_a_proxy_leads_there(
    authority: trustme.CA,
    tmp_path: Path,
    is_secure: bool,  # noqa: FBT001 - a case
) -> None:
    """Plainly, or with TLS between us and the peer."""
    tls = _server_side(authority) if is_secure else None
    async with _proxy() as proxy, http_peer(saying(SUCCESS), tls) as server:
        manner = replace(_trusting(authority, tmp_path), proxy=proxy)
        async with line_to(orthanc(server), Shelf(LARGE), manner) as line:
            verdicts = [(await line.send(INSTANCE)).verdict for _ in range(2)]
        assert server.connections == 1
        assert [asked.body for asked in server.asked] == [LARGE, LARGE]
    assert verdicts == [Verdict.DELIVERED, Verdict.DELIVERED]


def _stored(uid: str) -> Says:
    told = {
        "00081199": {
            "vr": "SQ",
            "Value": [{"00081155": {"vr": "UI", "Value": [uid]}}],
        }
    }
    return Says(200, json.dumps(told).encode())


@pytest.mark.parametrize("content", [SMALL, LARGE])
async def test_stow(content: bytes) -> None:
    """The file is the one part of a multipart body, whose length is known."""
    async with http_peer(saying(_stored(INSTANCE.sop_instance_uid))) as server:
        peer = orthanc(server, Protocol="DICOMweb", Url=f"{server.url}dicom-web")
        async with line_to(peer, Shelf(content)) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.path == "/dicom-web/studies"
    kind, _, boundary = asked.headers["content-type"].partition("; boundary=")
    assert kind == 'multipart/related; type="application/dicom"'
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    assert asked.body == head + content + f"\r\n--{boundary}--\r\n".encode()
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert asked.headers["accept"] == "application/dicom+json"


def _found(*uids: str) -> Says:
    rows = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in uids]
    return Says(200, json.dumps(rows).encode())


@pytest.mark.parametrize(
    ("says", "there"),
    [
        (_found(INSTANCE.sop_instance_uid), True),
        (_found(), False),
        (_found("1.2.9"), False),
        (Says(204), False),
        (Says(400), None),
        (Says(200, b"<xml/>"), None),
    ],
)
async def test_qido(says: Says, there: bool | None) -> None:  # noqa: FBT001 - a case
    """A DICOMweb server is asked by the instance's UID; one that ignores the question has not answered it."""
    async with http_peer(saying(says)) as server:
        async with line_to(orthanc(server, Protocol="DICOMweb"), Shelf()) as line:
            assert await line.has(INSTANCE) is there
        assert server.asked[0].path == "/instances?SOPInstanceUID=1.2.3&limit=1"
