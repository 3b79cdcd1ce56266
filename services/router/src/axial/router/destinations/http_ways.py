"""How an HTTP server of somebody else's is reached: plainly, over TLS, through a proxy."""

import asyncio
import base64
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from axial.common.configuration import Configuration
from axial.common.http.connection import Connection
from axial.common.http.proxy import Proxy, connect_through
from axial.common.peers import Peer

_USUAL_PORTS = {"http": 80, "https": 443}
# What `HttpTimeout` means when it is 0, as in Orthanc: nobody is waited for without an end.
_USUAL_SECONDS = 60


class CertificatesUnreadable(OSError):
    """The certificates by which a server and we are to know each other cannot be read here."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How all peers are spoken to."""

    timeout_seconds: float
    verify: bool
    ca_certificates: Path | None
    proxy: Proxy | None

    @classmethod
    def of(cls, configuration: Configuration) -> "Manner":
        """Read the options."""
        proxy = configuration.http_proxy
        return cls(
            configuration.http_timeout or _USUAL_SECONDS,
            configuration.https_verify_peers,
            configuration.https_ca_certificates,
            Proxy.from_text(proxy.get_secret_value()) if proxy else None,
        )


class Way:
    """The way to one peer."""

    def __init__(self, peer: Peer, manner: Manner) -> None:
        parts = urlsplit(peer.url)
        self._peer = peer
        self._manner = manner
        self._is_secure = parts.scheme == "https"
        #: Of the peer, wherever the connection leads first.
        self.host = parts.hostname or ""
        self.port = parts.port or _USUAL_PORTS[parts.scheme]
        #: What stands before every path.
        self.base = parts.path
        #: What stands in every request: lines, each with its end.
        self.headers = _own_headers(peer, parts.netloc)
        #: What the peer's own headers say, no request says otherwise: names in lower case.
        self.overruled = frozenset(name.lower() for name in peer.http_headers)
        if manner.proxy is not None and not self._is_secure:
            # A proxy takes plain requests as they are (RFC 9112, section 3.2.2); to port 80 many lead nobody.
            self.base = peer.url
            self.headers += manner.proxy.authorization
        self._tls: ssl.SSLContext | None = None
        self._read_as_of: list[tuple[int, int]] = []

    async def connect(self) -> Connection:
        """Connect; raise OSError, or UnicodeError when the host cannot be one."""
        tls = await self._context() if self._is_secure else None
        host, port, proxy = self.host, self.port, self._manner.proxy
        if proxy is not None:
            if tls is not None:
                return await connect_through(proxy, host, port, tls)
            host, port = proxy.host, proxy.port
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, host, port, ssl=tls
        )
        return connection

    async def _context(self) -> ssl.SSLContext:
        try:
            return await asyncio.to_thread(self._fresh_context)
        except (OSError, ValueError) as error:
            raise CertificatesUnreadable from error

    def _fresh_context(self) -> ssl.SSLContext:
        """Read the certificates when they are needed first, and when they were renewed."""
        peer, manner = self._peer, self._manner
        files = (peer.certificate_file, peer.certificate_key_file, manner.ca_certificates)
        as_of = _as_of(file for file in files if file is not None)
        if self._tls is None or as_of != self._read_as_of:
            self._tls, self._read_as_of = _tls(peer, manner), as_of
        return self._tls


def _as_of(files: Iterable[Path]) -> list[tuple[int, int]]:
    found = [file.stat() for file in files]
    return [(one.st_mtime_ns, one.st_ino) for one in found]


def _own_headers(peer: Peer, host: str) -> str:
    headers = {"Host": host, "User-Agent": "Axial", "Accept-Encoding": "identity"}
    if peer.username:
        user = f"{peer.username}:{peer.password.get_secret_value()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(user).decode()}"
    for name, value in peer.http_headers.items():
        for same in [given for given in headers if given.lower() == name.lower()]:
            del headers[same]
        headers[name] = value.get_secret_value()
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _tls(peer: Peer, manner: Manner) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=str(manner.ca_certificates) if manner.ca_certificates else None
    )
    if not manner.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if peer.certificate_file is not None:
        # A text, also when empty: OpenSSL would ask for it at the terminal.
        password = peer.certificate_key_password.get_secret_value()
        context.load_cert_chain(peer.certificate_file, peer.certificate_key_file, password)
    return context
