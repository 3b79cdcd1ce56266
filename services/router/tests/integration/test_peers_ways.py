"""The way to a peer: TLS, certificates, proxies."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from support.http_lines import (
    INSTANCE,
    LARGE,
    MANNER,
    SMALL,
    SUCCESS,
    Shelf,
    line_to,
    orthanc,
    saying,
)
from support.http_peer import HttpPeer, Says, http_peer

from axial.common.http.proxy import Proxy
from axial.common.peers import Peer
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.integration


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
