"""Which programs a system is made of."""

from pathlib import Path

import pytest

from axial.cli.folder import DataFolder
from axial.cli.ports import Port
from axial.cli.program import Program
from axial.cli.system import Blobs, Wishes, stages

pytestmark = pytest.mark.unit

_DICOM_PORT = Port(4242)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Give a data folder in which Postgres has been before: nothing is run here."""
    folder = DataFolder(tmp_path)
    folder.make()
    folder.of("postgres").mkdir()
    (folder.of("postgres") / "PG_VERSION").touch()
    return folder


def _programs(folder: DataFolder, replicas: int) -> dict[str, Program]:
    wishes = Wishes(Port(8042), _DICOM_PORT, "127.0.0.1", Blobs.DIRECTORY, replicas=replicas)
    return {program.name: program for stage in stages(folder, wishes) for program in stage}


def test_one_of_everything_but_ingest(folder: DataFolder) -> None:
    """Without replicas there are two ingests, and one of each other service."""
    services = {"ingest", "ingest-2", "index", "changefeed", "router", "dicom-gateway"}
    assert set(_programs(folder, 1)) == services | {"postgres", "nats", "edge"}


def test_replicas(folder: DataFolder) -> None:
    """Everybody is told of all replicas; gateways share the one DICOM port; Postgres has room for all."""
    programs = _programs(folder, 3)
    for service in ("ingest", "index", "changefeed", "router", "dicom-gateway"):
        names = [service, f"{service}-2", f"{service}-3"]
        assert [name for name in programs if name.startswith(service)] == names
        urls = [f"http://127.0.0.1:{_port(programs[name])}" for name in names]
        assert len(set(urls)) == 3
        if service == "dicom-gateway":
            assert {programs[name].address for name in names} == {"dicom://127.0.0.1:4242"}
            continue
        variable = service.upper()
        told = programs["router-2"].environment
        assert told[f"AXIAL_{variable}_URL{'S' * (service == 'ingest')}"].split() == urls
        upstreams = programs["edge"].environment[f"AXIAL_{variable}_UPSTREAM"]
        assert [f"http://{upstream}" for upstream in upstreams.split()] == urls
    assert "max_connections=300" in programs["postgres"].command


def _port(program: Program) -> str:
    return program.environment["AXIAL_LISTEN_PORT"]
