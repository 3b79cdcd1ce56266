"""Caddy as the edge: one address for all services."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from axial.cli.engines.binaries import EngineMissing, script
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, answers_http

# Overrides the search, for an installation without the repository around it.
_CADDYFILE_VARIABLE = "AXIAL_CADDYFILE"
_CADDYFILE = Path("deploy", "edge", "Caddyfile")

# In Go's listeners, and so in Caddy's, 0.0.0.0 means IPv6 too where there is any.
EVERYWHERE = "0.0.0.0"  # noqa: S104 - asked for by RemoteAccessAllowed, and then users are required


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The loopback ports of the services behind the edge."""

    ingest: tuple[Port, ...]
    index: Port
    changefeed: Port
    router: Port


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


def prepare(
    data: Path,
    port: Port,
    upstreams: Upstreams,
    *,
    blobs: BlobAccess | None = None,
    bind: str = LOOPBACK,
    compresses: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Program:
    """Return the edge as a program; `data` is where Caddy may keep what it wants to keep."""
    data.mkdir(parents=True, exist_ok=True)
    caddyfile = find_caddyfile(environment)
    return Program(
        name="edge",
        command=(
            str(script("caddy")),
            "run",
            *("--adapter", "caddyfile"),
            *("--config", str(caddyfile)),
        ),
        ready=answers_http(f"http://{LOOPBACK}:{port}/healthz"),
        address=f"http://{'localhost' if bind == LOOPBACK else bind}:{port}",
        environment={
            "AXIAL_EDGE_ADDRESS": f"http://:{port}",
            "AXIAL_EDGE_BIND": bind,
            "AXIAL_INGEST_UPSTREAM": " ".join(f"{LOOPBACK}:{port}" for port in upstreams.ingest),
            "AXIAL_INDEX_UPSTREAM": f"{LOOPBACK}:{upstreams.index}",
            "AXIAL_CHANGEFEED_UPSTREAM": f"{LOOPBACK}:{upstreams.changefeed}",
            "AXIAL_ROUTER_UPSTREAM": f"{LOOPBACK}:{upstreams.router}",
            # Nothing here ends TLS, and HTTP/2 needs it.
            "AXIAL_EDGE_PROTOCOLS": "h1",
            "AXIAL_EDGE_ANSWERS": "compressed" if compresses else "plain",
            **(blobs.environment() if blobs else {}),
            "XDG_DATA_HOME": str(data),
            "XDG_CONFIG_HOME": str(data),
        },
        # Longer than the Caddyfile's grace_period, which lets requests in hand finish.
        grace_seconds=20.0,
    )


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
