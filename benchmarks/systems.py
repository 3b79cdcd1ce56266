"""The systems that are measured, each started on an empty folder of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from support.system import Axial, Wishes, launch, wait_until_up

from axial.cli.engines import postgres
from axial.cli.foreground import spawn, stop, wait_until_ready
from axial.cli.ports import LOOPBACK, free_ports
from axial.cli.program import Program, answers_http

ORTHANC = Path("/usr/sbin/Orthanc")
# Where Debian's package and Orthanc's own builds put it.
_POSTGRESQL_INDEX = (
    Path("/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so"),
    Path("/usr/lib/orthanc/plugins/libOrthancPostgreSQLIndex.so"),
)


@dataclass(frozen=True, slots=True)
class Running:
    """A system that waits for its load."""

    port: int
    #: The same system without its edge, where it has one.
    direct_port: int | None
    #: Name to process id; the descendants of a process count as part of it.
    processes: Mapping[str, int]
    #: Of the service that answers questions, where there is one.
    index_port: int | None = None
    #: Where it speaks DICOM.
    dicom_port: int | None = None


# DCMTK reads this variable; without it, Nagle's algorithm and delayed acknowledgements wait for one another.
NO_DELAY = {"TCP_NODELAY": "1"}

Start = Callable[..., AbstractContextManager[Running]]


@dataclass(frozen=True, slots=True)
class System:
    """What can be measured; `durability` says what is on the disk when the answer is sent."""

    name: str
    durability: str
    start: Start
    #: What is not installed and would be needed, or nothing.
    missing: str = ""


def without_delay() -> list[System]:
    """List the Orthancs again, with Nagle's algorithm off on the sockets of their DICOM server.

    DCMTK, by which Orthanc speaks DICOM, takes that from the environment only.
    """
    return [
        replace(
            system,
            name=f"{system.name} (TCP_NODELAY=1)",
            start=partial(system.start, environment=NO_DELAY),
        )
        for system in all_systems()
        if system.name.startswith("orthanc")
    ]


def all_systems() -> list[System]:
    """List every system; those that are not installed say so."""
    orthanc = "" if ORTHANC.exists() else str(ORTHANC)
    plugin = next((path for path in _POSTGRESQL_INDEX if path.exists()), None)
    no_plugin = "" if plugin else str(_POSTGRESQL_INDEX[0])
    return [
        System(
            "axial-directory",
            "file and its folder fsynced; event fsynced by JetStream (sync always); index and both "
            "feeds committed by PostgreSQL with WAL fsync, shared by the instances in hand",
            partial(_axial, "directory"),
        ),
        System(
            "axial-s3",
            "bytes fsynced by SeaweedFS, name committed by its SQLite with WAL fsync; event, index "
            "and feeds as above",
            partial(_axial, "s3"),
        ),
        System(
            "orthanc-sqlite",
            "file fdatasynced, not its folder; index written by SQLite without sync: the last "
            "commits may be lost with the power",
            _orthanc_sqlite,
            orthanc,
        ),
        System(
            "orthanc-postgresql",
            "file fdatasynced, not its folder; index committed by PostgreSQL with WAL fsync, one "
            "commit an instance",
            partial(_orthanc_postgresql, plugin),
            orthanc or no_plugin,
        ),
    ]


@contextmanager
def axial_up(
    data: Path, blobs: str = "directory", options: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Axial]:
    """Run `axial up` without what the tests look at when it ends: that takes longer than the measurement."""
    system = launch(data, Wishes(blobs, options))
    try:
        wait_until_up(system)
        yield system
    finally:
        system.stop()


@contextmanager
def _axial(
    blobs: str, folder: Path, options: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Running]:
    with axial_up(folder / "data", blobs, options) as system:
        ports = json.loads((system.folder / "run" / "ports.json").read_text())
        processes = {name: system.pid(name) for name in system.programs}
        port = int(system.url.rsplit(":", 1)[1])
        yield Running(port, ports["ingest"], processes, ports["index"], system.dicom_port)


@contextmanager
def _orthanc_sqlite(
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    options: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Running]:
    with _orthanc(folder, options, environment) as (port, dicom_port, pid):
        yield Running(port, None, {"orthanc": pid}, dicom_port=dicom_port)


@contextmanager
def _orthanc_postgresql(
    plugin: Path | None,
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    options: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Running]:
    (port,) = free_ports(1)
    server = postgres.prepare(folder / "postgres", port)
    options = {
        **options,
        "Plugins": [str(plugin)],
        # One connection, its default: with ten, transactions collided and it was slower.
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": False,
            "Host": LOOPBACK,
            "Port": port,
            "Database": postgres.DATABASE,
            "Username": postgres.ROLE,
            "Password": "",
        },
    }
    with (
        _run(server, folder) as postmaster,
        _orthanc(folder, options, environment) as (http_port, dicom_port, pid),
    ):
        processes = {"orthanc": pid, "postgres": postmaster}
        yield Running(http_port, None, processes, dicom_port=dicom_port)


@contextmanager
def _orthanc(
    folder: Path, options: Mapping[str, object], environment: Mapping[str, str]
) -> Iterator[tuple[int, int, int]]:
    """Run Orthanc as it is out of its box: what is set here is where it works, not how.

    Give its HTTP port, its DICOM port and its process id.
    """
    port, dicom_port = free_ports(2)
    configuration = folder / "orthanc.json"
    places = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "DicomPort": dicom_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
    }
    configuration.write_text(json.dumps({**places, **options}))
    address = f"http://{LOOPBACK}:{port}"
    program = Program(
        name="orthanc",
        command=(str(ORTHANC), str(configuration)),
        ready=answers_http(f"{address}/system"),
        address=address,
        grace_seconds=30.0,
        environment=environment,
    )
    with _run(program, folder) as pid:
        yield port, dicom_port, pid


@contextmanager
def _run(program: Program, folder: Path) -> Iterator[int]:
    log = folder / f"{program.name}.log"
    process = spawn(program, log)
    try:
        wait_until_ready(program, process, log)
        yield process.pid
    finally:
        stop(program, process)
