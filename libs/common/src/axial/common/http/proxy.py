"""Connections through an HTTP proxy (RFC 9110, section 9.3.6)."""

import asyncio
import base64
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from axial.common.http.connection import Connection, Head

_USUAL_PORT = 3128


class NotLed(ConnectionError):
    """The proxy does not lead to where it was asked to."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answered {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is, and how it knows us."""

    host: str
    port: int
    #: A header, or nothing.
    authorization: str = field(default="", repr=False)

    @classmethod
    def from_text(cls, text: str) -> "Proxy":
        """Read `[http://][user:password@]host[:port]`."""
        parts = urlsplit(text if "://" in text else f"http://{text}")
        authorization = ""
        if parts.username:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            authorization = f"Proxy-Authorization: Basic {base64.b64encode(user).decode()}\r\n"
        return cls(parts.hostname or "", parts.port or _USUAL_PORT, authorization)


async def connect_through(proxy: Proxy, host: str, port: int, tls: ssl.SSLContext) -> Connection:
    """Connect to a server by a tunnel, with TLS inside; raise OSError, NotLed among them."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, proxy.host, proxy.port
    )
    try:
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        request = f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{proxy.authorization}\r\n"
        _check(await connection.request("CONNECT", request.encode("latin-1")))
        await connection.secure(tls, host)
    except BaseException:
        connection.abort()
        raise
    return connection


def _check(head: Head) -> None:
    if head.status != HTTPStatus.OK:
        raise NotLed(head.status)
