"""A real Orthanc, with nothing in it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.testing.eventually import eventually_sync

_STOP_SECONDS = 10.0
# A loaded machine takes its time to start one, and to write a megapixel as text.
_PATIENCE_SECONDS = 60.0


@contextmanager
def running_orthanc(
    folder: Path, wishes: Mapping[str, object] | None = None
) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc on a free port, and give a client of it; options are added to ours.

    Where it has users, the client is the first of them.
    """
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "these tests need Debian's package orthanc"
    (port,) = free_ports(1)
    options = {
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "Plugins": [],
        **(wishes or {}),
    }
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(options))
    users: Any = options.get("RegisteredUsers") or {}
    server = subprocess.Popen([program, str(configuration)], stderr=subprocess.DEVNULL)
    try:
        # Orthanc compresses its answers when it may; between us and our callers the edge does.
        with httpx2.Client(
            base_url=f"http://{LOOPBACK}:{options['HttpPort']}",
            headers={"Accept-Encoding": "identity"},
            timeout=_PATIENCE_SECONDS,
            auth=next(iter(users.items()), None),
        ) as client:
            eventually_sync(
                lambda: client.get("/system").is_success,
                within=_PATIENCE_SECONDS,
                retry_on=(httpx2.TransportError,),
            )
            yield client
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)
