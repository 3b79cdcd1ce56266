"""A real Orthanc, with nothing in it, or one to send to."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.testing.eventually import eventually_sync
from support.dicoms import DicomMaker

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


# Called also for what it has already, of which its changes say nothing.
_NOTE_STORED = """
function OnStoredInstance(instanceId, tags, metadata, origin)
  local file = io.open('%s', 'a')
  file:write(instanceId, '\\n')
  file:close()
end
"""


class Receiver:
    """An Orthanc to send to, for one patient at a time: it can be stopped and started again as it was, and be full."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._stored = folder / "stored.txt"
        self._stored.touch()
        (folder / "note.lua").write_text(_NOTE_STORED % self._stored)
        self.http_port, self.dicom_port = free_ports(2)
        self._running = ExitStack()
        self._in_the_way = ""

    def start(self) -> None:
        """Start it, with what it had."""
        wishes = {
            "HttpPort": self.http_port,
            "DicomServerEnabled": True,
            "DicomPort": self.dicom_port,
            "DicomAlwaysAllowFind": True,
            "MaximumPatientCount": 1,
            "LuaScripts": [str(self._folder / "note.lua")],
        }
        self._client = self._running.enter_context(running_orthanc(self._folder, wishes))

    def stop(self) -> None:
        """Stop it."""
        self._running.close()

    def fill(self) -> None:
        """Have it refuse everything as a full one does: the one patient in it may not be recycled."""
        stored = self._client.post("/instances", content=DicomMaker().make(0).body).json()
        self._in_the_way = f"/patients/{stored['ParentPatient']}/protected"
        assert self._client.put(self._in_the_way, content="1").is_success

    def make_room(self) -> None:
        """Have it take what comes next."""
        assert self._client.put(self._in_the_way, content="0").is_success

    def arrived(self) -> list[str]:
        """List the instances that it has, as its changes do: in the order in which they came."""
        changes = self._client.get("/changes?limit=100000").json()["Changes"]
        return [change["ID"] for change in changes if change["ChangeType"] == "NewInstance"]

    def stored(self) -> Counter[str]:
        """Tell how often it was sent each instance and did not refuse it; it notes that a moment later."""
        return Counter(self._stored.read_text().splitlines())
