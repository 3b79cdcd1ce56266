"""The edge over TLS: which versions it speaks, whom it lets in, and what it tells browsers."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import trustme

from axial.cli.engines import caddy
from axial.cli.engines.caddy import Tls, Upstreams
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, Port, free_ports

pytestmark = pytest.mark.integration

_NAME = "pacs.example.org"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Of an authority, of the edge under a name of its own, and of a client."""

    authority: trustme.CA
    trusted: Path
    edge: Path
    client: Path

    def client_context(self, *, shows: bool = False) -> ssl.SSLContext:
        """Make what a client comes with that trusts the authority, and shows its certificate if wanted."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if shows:
            context.load_cert_chain(self.client)
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make them."""
    folder = tmp_path_factory.mktemp("certificates")
    made = Certificates(
        trustme.CA(), *(folder / f"{name}.pem" for name in ("trusted", "edge", "client"))
    )
    made.authority.cert_pem.write_to_path(str(made.trusted))
    for path, name in ((made.edge, _NAME), (made.client, "client")):
        issued = made.authority.issue_cert(name)
        issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    return made


@contextmanager
def _edge(folder: Path, tls: Tls) -> Iterator[Port]:
    """Run the edge before services that are all away."""
    port, *away = free_ports(5)
    upstreams = Upstreams(*((one,) for one in away))
    with running([caddy.prepare(folder / "edge", port, upstreams, tls=tls)], folder / "logs"):
        yield port


def _version(port: Port, context: ssl.SSLContext, name: str | None = _NAME) -> str | None:
    """Tell which version both sides come to speak; None when they come to none."""
    try:
        with (
            socket.create_connection((LOOPBACK, port), 10) as connection,
            context.wrap_socket(connection, server_hostname=name) as encrypted,
        ):
            # In TLS 1.3 the edge refuses a client's certificate only after the client is content.
            encrypted.sendall(b"GET /healthz HTTP/1.1\r\nHost: axial\r\n\r\n")
            return encrypted.version() if encrypted.recv(1) else None
    except (ssl.SSLError, ConnectionError):
        return None


def test_over_tls(tmp_path: Path, certificates: Certificates) -> None:
    """TLS 1.2 and 1.3, and nothing older; every answer tells browsers to come back so, and plain HTTP is refused."""
    with _edge(tmp_path, Tls(certificates.edge)) as port:
        for highest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = certificates.client_context()
            context.maximum_version = highest
            assert _version(port, context) == highest.name.replace("_", ".")
        old = certificates.client_context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLS"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        assert _version(port, old) is None
        # By its address, as most modalities and scripts come; whether they like the name is theirs to say.
        nameless = certificates.client_context()
        nameless.check_hostname = False
        assert _version(port, nameless, None) == "TLSv1.3"
        with httpx2.Client(base_url=f"https://{LOOPBACK}:{port}", verify=nameless) as client:
            for path, status in (("/healthz", 200), ("/metrics", 404), ("/system", 503)):
                answer = client.get(path)
                assert answer.status_code == status
                assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert httpx2.get(f"http://{LOOPBACK}:{port}/healthz").status_code == 400


def test_only_the_newest_and_only_the_known(tmp_path: Path, certificates: Certificates) -> None:
    """Where TLS 1.3 is wanted and clients have to show a certificate, others come to nothing."""
    with _edge(tmp_path, Tls(certificates.edge, certificates.trusted, only_1_3=True)) as port:
        known = certificates.client_context(shows=True)
        assert _version(port, known) == "TLSv1.3"
        assert _version(port, certificates.client_context()) is None
        # By its address, which TLS does not name.
        known.check_hostname = False
        with httpx2.Client(base_url=f"https://{LOOPBACK}:{port}", verify=known) as client:
            assert client.get("/healthz").status_code == 200
        known.maximum_version = ssl.TLSVersion.TLSv1_2
        assert _version(port, known) is None
