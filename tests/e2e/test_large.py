"""A file far larger than any memory it may take: in, byte-identical out, in bounded memory."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dicoms import multi_frame
from support.memory import peak_bytes
from support.system import Axial, Wishes, running

# In short: `test_retrieve`, `test_c_store`, and the memory of ingest alone in its `test_process`.
pytestmark = [pytest.mark.e2e, pytest.mark.long]

# What one upload or download may add to a service: pieces in hand, buffers, threads' stacks.
_MOST_GROWTH_BYTES = 128 * 1024 * 1024


@pytest.fixture(params=["directory", "s3"])
def system(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system that has done nothing yet, so that its memory is its own."""
    with running(own_data, Wishes(request.param)) as system:
        yield system


def test_512_mebibytes(system: Axial) -> None:
    """A multi-frame file of half a gibibyte fits through services of a fraction of that."""
    _in_and_out(system, 512)


def test_2_gibibytes(system: Axial) -> None:
    """So does one of two gibibytes, beyond every 32-bit signed length."""
    _in_and_out(system, 2048 + 1)


def _in_and_out(system: Axial, frames: int) -> None:
    file = multi_frame(frames)
    services = [name for name in system.programs if name.startswith(("ingest", "index"))]
    assert len(services) >= 2
    before = {name: peak_bytes(system, name) for name in services}
    digest = hashlib.md5(usedforsecurity=False)
    with system.client() as client:
        answer = client.post(
            "/instances",
            content=file.chunks(),
            headers={"Content-Length": str(file.size_bytes)},
        )
        assert answer.json()["Status"] == "Success"
        assert answer.json()["ID"] == file.names.orthanc_id
        resource = client.get(f"/instances/{file.names.orthanc_id}").json()
        assert resource["FileSize"] == file.size_bytes
        with client.stream("GET", f"/instances/{file.names.orthanc_id}/file") as download:
            assert download.headers["content-length"] == str(file.size_bytes)
            for chunk in download.iter_raw():
                digest.update(chunk)
    assert digest.hexdigest() == file.md5()
    for name in services:
        assert peak_bytes(system, name) - before[name] < _MOST_GROWTH_BYTES, name
