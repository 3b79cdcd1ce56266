"""Servers that client libraries are used with, beside a real Orthanc that is the modality and the peer of all."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from axial.cli.ports import LOOPBACK, free_ports
from support.far import Far, running_far
from support.orthanc import running_orthanc
from support.waiting import eventually_sync

#: The AE title of whoever is asked by a client library.
TITLE = "AXIAL"
_CLIENT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Near:
    """A server that a client library is used with."""

    url: str
    dicom_port: int | None

    def waits(self, path: str, name: str, *values: str) -> None:
        """Return when a field of what is told there has one of these values."""
        with httpx2.Client(base_url=self.url, timeout=_CLIENT_SECONDS) as client:
            eventually_sync(lambda: client.get(path).json()[name] in values)

    def stores(self, *bodies: bytes) -> None:
        """Store some files."""
        with httpx2.Client(base_url=self.url, timeout=_CLIENT_SECONDS) as client:
            for body in bodies:
                client.post("/instances", content=body).raise_for_status()


@contextmanager
def orthancs(folder: Path) -> Iterator[tuple[Near, Far]]:
    """Run one Orthanc that stands where we stand, and one that is the modality and the peer of both."""
    (port,) = free_ports(1)
    options = {
        "DicomServerEnabled": True,
        "DicomPort": port,
        "DicomAet": TITLE,
        "DicomAlwaysAllowFind": True,
        # Who stops waits for associations to be released.
        "DicomAssociationCloseDelay": 0,
    }
    for name in ("far", "near"):
        (folder / name).mkdir()
    with running_far(folder / "far") as far, running_orthanc(folder / "near", options) as near:
        yield Near(str(near.base_url), port), far


@contextmanager
def silent() -> Iterator[list[object]]:
    """Let a modality listen that takes connections and never says a word: whatever is sent to it lasts."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield ["SILENT", LOOPBACK, listener.getsockname()[1]]
