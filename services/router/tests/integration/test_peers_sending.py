"""Instances go to a peer over HTTP, which may be any kind of server, and any kind of bad one."""

import asyncio
import base64
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from prometheus_client import CollectorRegistry
from support.http_peer import Asked, HttpPeer, Says, http_peer

from axial.common.configuration import Configuration
from axial.common.errors import NotFound, Unavailable
from axial.common.http.proxy import Proxy
from axial.common.peers import Peer
from axial.dimse.sending.instances import Instance
from axial.router.destinations.dicomweb import DicomwebDestination
from axial.router.destinations.http_bodies import Files
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.peer import PeerDestination
from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.integration

INSTANCE = Instance("0" * 8, "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1")
SMALL = b"DICOM" * 1000
LARGE = bytes(range(256)) * 16 * 1024  # 4 MiB
MANNER = Manner(5.0, verify=True, ca_certificates=None, proxy=None)
SUCCESS = Says(200, json.dumps({"Status": "Success"}).encode())
KNOWN = Says(200, json.dumps({"ID": INSTANCE.id}).encode())


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
    """Away; it may be of this instance, and is doubtful exactly when all had been sent."""
    async with (
        http_peer(saying(Says(cut=cut))) as server,
        line_to(orthanc(server), Shelf(LARGE * 4)) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, is_doubtful)
    assert outcome.is_broken
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
    assert not outcome.is_broken
    assert outcome.reason == "it cannot be reached"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    """An operator has to say where the peer is; nothing is sent elsewhere, credentials least of all."""
    async with http_peer(saying(SUCCESS)) as elsewhere:
        away = Says(status, headers={"Location": f"{elsewhere.url}instances"})
        async with http_peer(saying(away)) as server:
            peer = orthanc(server, Username="al", Password="secret")
            async with line_to(peer, Shelf()) as line:
                assert (await line.send(INSTANCE)).verdict is Verdict.AWAY
                assert await line.has(INSTANCE) is None
            assert len(server.asked) == 2
        assert not elsewhere.asked


async def test_a_name_that_no_host_can_have() -> None:
    """It is a peer that is away, as one whose name nobody knows."""
    for host in ("far..example", f"{'a' * 64}.example"):
        peer = Peer.model_validate([f"http://{host}:8042"])
        async with line_to(peer, Shelf()) as line:
            outcome = await line.send(INSTANCE)
        assert (outcome.verdict, outcome.reason) == (Verdict.AWAY, "it cannot be reached")


async def test_an_address_of_the_newer_kind() -> None:
    """With its brackets in the URL, and a path before all others."""
    async with http_peer(saying(SUCCESS), host="::1") as server:
        peer = Peer.model_validate([f"{server.url}orthanc"])
        async with line_to(peer, Shelf()) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.path == "/orthanc/instances"
    assert f"http://{asked.headers['host']}/" == server.url


@pytest.mark.parametrize(
    ("says", "reason", "is_doubtful"),
    [
        (Says(200, endless="head"), "it broke the connection off", True),
        (Says(200, endless="body"), "its answer does not end", True),
        # Only of success the words matter.
        (Says(400, endless="body"), "it refused the instance (HTTP status 400)", False),
    ],
)
async def test_an_answer_without_an_end(says: Says, reason: str, is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """It is not listened to for ever, nor kept in memory."""
    async with (
        http_peer(saying(says)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.reason, outcome.is_doubtful) == (reason, is_doubtful)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """We ask for none; whoever sends one all the same, of a kilobyte or of a gigabyte, has not answered."""
    bomb = Says(200, gzip.compress(bytes(2**24)), {"Content-Encoding": "gzip"})
    for protocol in ("Orthanc", "DICOMweb"):
        async with http_peer(saying(bomb)) as server:
            async with line_to(orthanc(server, Protocol=protocol), Shelf()) as line:
                outcome = await line.send(INSTANCE)
            assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, True)
            assert server.asked[0].headers["accept-encoding"] == "identity"


def test_nobody_is_waited_for_for_ever() -> None:
    """An `HttpTimeout` of 0 is Orthanc's usual one."""
    assert Manner.of(Configuration(http_timeout=0)).timeout_seconds == 60
    assert Manner.of(Configuration(http_timeout=7)).timeout_seconds == 7


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
            return KNOWN
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


@pytest.mark.parametrize(
    ("says", "there"),
    [
        (KNOWN, True),
        (Says(404), False),
        (Says(401), None),
        (Says(500), None),
        (Says(200, b"welcome"), None),
        (Says(200, b'{"ID": "another"}'), None),
    ],
)
async def test_a_peer_is_asked(says: Says, there: bool | None) -> None:  # noqa: FBT001 - a case
    """By the identifier that is the same in all Orthancs; an answer that says nothing is none."""
    async with (
        http_peer(saying(says)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        assert await line.has(INSTANCE) is there
        assert server.asked[0].path == f"/instances/{INSTANCE.id}"


@pytest.mark.parametrize(
    ("says", "keeps"),
    [
        (Says(200, b"d41d8cd98f00b204e9800998ecf8427e"), True),
        (Says(200, b"another's"), False),
        (Says(404), None),
        (Says(500), None),
    ],
)
async def test_a_peer_is_asked_for_the_file(says: Says, keeps: bool | None) -> None:  # noqa: FBT001 - a case
    """What is deleted here is there, and not another file of the instance, which the peer had before and kept."""

    def answer(asked: Asked) -> Says:
        return says if asked.path.endswith("/attachments/dicom/md5") else KNOWN

    async with http_peer(answer) as server, line_to(orthanc(server), Shelf()) as line:
        assert await line.keeps(INSTANCE, "d41d8cd98f00b204e9800998ecf8427e") is keeps


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
        key = serialization.load_pem_private_key(ours.private_key_pem.bytes(), None)
        encrypted = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
        (tmp_path / "key.pem").write_bytes(encrypted)
        ours.cert_chain_pems[0].write_to_path(tmp_path / "alone.pem")
        apart = {
            "CertificateFile": str(tmp_path / "alone.pem"),
            "CertificateKeyFile": str(tmp_path / "key.pem"),
        }
        for password, verdict in (("secret", Verdict.DELIVERED), ("guessed", Verdict.AWAY)):
            known = orthanc(server, **apart, CertificateKeyPassword=password)
            async with line_to(known, Shelf(), manner) as line:
                assert (await line.send(INSTANCE)).verdict is verdict
        async with line_to(orthanc(server), Shelf(), manner) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.AWAY
        unreadable = orthanc(server, CertificateFile=str(tmp_path / "none.pem"))
        async with line_to(unreadable, Shelf(), manner) as line:
            assert "cannot be read" in (await line.send(INSTANCE)).reason
        assert len(server.asked) == 2


async def test_a_certificate_that_was_renewed(authority: trustme.CA, tmp_path: Path) -> None:
    """The next connection shows it: they are renewed more often than we are restarted."""
    tls = _server_side(authority)
    authority.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    file = tmp_path / "ours.pem"
    shown = []
    async with http_peer(saying(SUCCESS), tls) as server:
        known = orthanc(server, CertificateFile=str(file))
        way = HttpServer(known, _trusting(authority, tmp_path))
        for name in ("first", "second"):
            renewed = tmp_path / name
            ours = authority.issue_cert(name, common_name=name)
            ours.private_key_and_cert_chain_pem.write_to_path(renewed)
            renewed.replace(file)
            way.distrust()
            await way.ask("system")
            shown.append(server.asked[-1].certificate)
        await way.aclose()
    assert shown == ["first", "second"]


def _through(server: HttpPeer) -> Manner:
    host, port = server.url.removeprefix("http://").rstrip("/").split(":")
    proxy = Proxy.from_text(f"al:secret@{host}:{port}")
    assert "secret" not in repr(proxy)
    return replace(MANNER, proxy=proxy)


CREDENTIALS = f"Basic {base64.b64encode(b'al:secret').decode()}"


@pytest.mark.parametrize("status", [403, 407])
async def test_a_proxy_is_asked_for_the_way(status: int) -> None:
    """With its credentials; where it does not lead nothing arrives, and the operator is told why."""
    async with http_peer(saying(Says(status))) as server:
        peer = Peer.model_validate(["https://far:8443"])
        async with line_to(peer, Shelf(), _through(server)) as line:
            outcome = await line.send(INSTANCE)
        (asked,) = server.asked
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)
    assert outcome.reason == f"the proxy does not lead there (HTTP status {status})"
    assert (asked.method, asked.path) == ("CONNECT", "far:8443")
    assert asked.headers["proxy-authorization"] == CREDENTIALS


async def test_a_proxy_takes_plain_requests_as_they_are() -> None:
    """It is told whom they are for: most lead to no port 80, and curl asks as we do."""
    async with http_peer(saying(SUCCESS, Says(407))) as server:
        peer = Peer.model_validate(["http://far/orthanc", "al", "other"])
        async with line_to(peer, Shelf(), _through(server)) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
            assert "credentials" in (await line.send(INSTANCE)).reason
        asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "http://far/orthanc/instances")
    assert (asked.headers["host"], asked.body) == ("far", SMALL)
    assert asked.headers["proxy-authorization"] == CREDENTIALS
    assert asked.headers["authorization"] != CREDENTIALS


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


async def test_a_proxy_leads_there(authority: trustme.CA, tmp_path: Path) -> None:
    """With TLS between us and the peer."""
    tls = _server_side(authority)
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


async def test_a_peers_own_headers_come_first() -> None:
    """Whoever wants another Accept, or no credentials of ours, gets that and nothing beside."""
    own = {"accept": "application/dicom+xml", "AUTHORIZATION": "Bearer t"}
    async with http_peer(saying(Says(200))) as server:
        peer = orthanc(server, Protocol="DICOMweb", Username="al", HttpHeaders=own)
        async with line_to(peer, Shelf()) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    wanted = ("accept", "authorization")
    found = [(name.lower(), text) for name, text in asked.lines if name.lower() in wanted]
    assert found == [("accept", "application/dicom+xml"), ("authorization", "Bearer t")]


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
