"""A real Orthanc that others send to, ask and retrieve from: a modality and a peer at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from axial.cli.ports import LOOPBACK, free_ports
from support.orthanc import running_orthanc

#: Its AE title.
TITLE = "FAR"


@dataclass(frozen=True, slots=True)
class Far:
    """One that runs; whoever it shall send something to, it must know."""

    client: httpx2.Client
    dicom_port: int

    @property
    def url(self) -> str:
        """Where it is a peer."""
        return str(self.client.base_url).rstrip("/")

    @property
    def modality(self) -> list[object]:
        """Who it is as a modality."""
        return [TITLE, LOOPBACK, self.dicom_port]

    def knows(self, title: str, dicom_port: int | None) -> None:
        """Tell it where somebody listens for DICOM."""
        put = self.client.put(f"/modalities/{title}", json=[title, LOOPBACK, dicom_port])
        put.raise_for_status()

    def holds(self) -> set[str]:
        """List its instances."""
        return set(self.client.get("/instances").json())

    def begins_with(self, *bodies: bytes) -> None:
        """Forget all that it has, and take these files."""
        for patient in self.client.get("/patients").json():
            self.client.delete(f"/patients/{patient}").raise_for_status()
        for body in bodies:
            self.client.post("/instances", content=body).raise_for_status()


@contextmanager
def running_far(folder: Path, wishes: Mapping[str, object] | None = None) -> Iterator[Far]:
    """Run one that lets anybody do anything; options are added to ours."""
    (port,) = free_ports(1)
    options = {
        "DicomServerEnabled": True,
        "DicomPort": port,
        "DicomAet": TITLE,
        **{f"DicomAlwaysAllow{right}": True for right in ("Find", "Get", "Move")},
        **(wishes or {}),
    }
    with running_orthanc(folder, options) as client:
        yield Far(client, port)
