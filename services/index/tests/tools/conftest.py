"""A real Orthanc, where one is installed, to compare ourselves with."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import httpx2
import pytest

from axial.cli.ports import free_ports
from axial.common.testing.eventually import eventually_sync

# It opens a SQLite database and reads its dictionaries; a loaded machine takes some seconds for it.
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc on a free port of loopback, out of its box.

    Where it is not installed its tests are left out; in CI, which installs it, they fail.
    """
    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Orthanc is not installed")
        pytest.skip("Orthanc is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    (port,) = free_ports(1)
    options = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "DicomServerEnabled": False,
    }
    (folder / "orthanc.json").write_text(json.dumps(options))
    with (
        (folder / "orthanc.log").open("wb") as log,
        subprocess.Popen([program, folder / "orthanc.json"], stdout=log, stderr=log) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=_STOP_SECONDS) as client,
    ):
        try:
            eventually_sync(
                lambda: client.get("/system").is_success,
                within=_START_SECONDS,
                retry_on=(httpx2.TransportError,),
            )
            yield client
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
