"""Caddy as the edge: one address for all services."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from axial.cli.engines.binaries import EngineMissing, script
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, accepts_tcp, answers_http

# Overrides the search, for an installation without the repository around it.
_CADDYFILE_VARIABLE = "AXIAL_CADDYFILE"
_CADDYFILE = Path("deploy", "edge", "Caddyfile")

# In Go's listeners, and so in Caddy's, 0.0.0.0 means IPv6 too where there is any.
EVERYWHERE = "0.0.0.0"  # noqa: S104 - asked for by RemoteAccessAllowed, and then users are required


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The loopback ports of the services behind the edge, one for each replica."""

    ingest: tuple[Port, ...]
    index: tuple[Port, ...]
    changefeed: tuple[Port, ...]
    router: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class BlobAccess:
    """What the edge needs to send blobs by itself: where they are, and what index knows it by."""

    token: str
    folder: Path | None = None
    s3_endpoint: str | None = None

    def environment(self) -> dict[str, str]:
        """Write it down for the Caddyfile; without a value its default holds."""
        values = {
            "AXIAL_EDGE_TOKEN": self.token,
            "AXIAL_EDGE_BLOBS": str(self.folder) if self.folder else None,
            "AXIAL_EDGE_S3": self.s3_endpoint,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Tls:
    """What the edge shows when it speaks HTTPS, and by which certificates it trusts clients, if it wants theirs."""

    #: With its private key.
    certificate: Path
    trusted: Path | None = None
    only_1_3: bool = False

    def environment(self) -> dict[str, str]:
        """Write it down for the Caddyfile."""
        return {
            "AXIAL_EDGE_TLS": "both_by_file" if self.trusted else "by_file",
            "AXIAL_EDGE_TLS_CERTIFICATE": str(self.certificate),
            "AXIAL_EDGE_TLS_LOWEST": "tls1.3" if self.only_1_3 else "tls1.2",
            "AXIAL_EDGE_TLS_TRUSTED": str(self.trusted),
        }


def prepare(
    data: Path,
    port: Port,
    upstreams: Upstreams,
    *,
    blobs: BlobAccess | None = None,
    tls: Tls | None = None,
    bind: str = LOOPBACK,
    compresses: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Program:
    """Return the edge as a program; `data` is where Caddy may keep what it wants to keep."""
    data.mkdir(parents=True, exist_ok=True)
    caddyfile = find_caddyfile(environment)
    scheme = "https" if tls else "http"
    # Over TLS it might want a certificate of us, too.
    health = answers_http(f"http://{LOOPBACK}:{port}/healthz")
    return Program(
        name="edge",
        command=(
            str(script("caddy")),
            "run",
            *("--adapter", "caddyfile"),
            *("--config", str(caddyfile)),
        ),
        ready=accepts_tcp(port) if tls else health,
        address=f"{scheme}://{'localhost' if bind == LOOPBACK else bind}:{port}",
        environment={
            "AXIAL_EDGE_ADDRESS": f"{scheme}://:{port}",
            "AXIAL_EDGE_BIND": bind,
            "AXIAL_INGEST_UPSTREAM": _addresses(upstreams.ingest),
            "AXIAL_INDEX_UPSTREAM": _addresses(upstreams.index),
            "AXIAL_CHANGEFEED_UPSTREAM": _addresses(upstreams.changefeed),
            "AXIAL_ROUTER_UPSTREAM": _addresses(upstreams.router),
            # HTTP/2 needs TLS.
            "AXIAL_EDGE_PROTOCOLS": "h1 h2" if tls else "h1",
            "AXIAL_EDGE_ANSWERS": "compressed" if compresses else "plain",
            **(blobs.environment() if blobs else {}),
            **(tls.environment() if tls else {}),
            "XDG_DATA_HOME": str(data),
            "XDG_CONFIG_HOME": str(data),
        },
        # Longer than the Caddyfile's grace_period, which lets requests in hand finish.
        grace_seconds=20.0,
    )


def _addresses(ports: tuple[Port, ...]) -> str:
    return " ".join(f"{LOOPBACK}:{port}" for port in ports)


def find_caddyfile(environment: Mapping[str, str]) -> Path:
    """Find the one Caddyfile: where the environment says, or in the repository around this file.

    Raises:
        EngineMissing: it is in neither place.
    """
    if named := environment.get(_CADDYFILE_VARIABLE):
        candidates = [Path(named).absolute()]
    else:
        candidates = [folder / _CADDYFILE for folder in Path(__file__).resolve().parents]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise EngineMissing(f"no Caddyfile: set {_CADDYFILE_VARIABLE} to the path of {_CADDYFILE}")
