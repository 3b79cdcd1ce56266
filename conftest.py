"""Real engines for all tests: started once for a run, on free loopback ports, in a temporary folder.

A missing engine fails the tests that ask for it; it never skips them.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from shutil import disk_usage, rmtree

import boto3
import pytest
from botocore.config import Config
from support.databases import Databases
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from axial.cli.engines import nats, postgres, seaweedfs
from axial.cli.engines.seaweedfs import S3Credentials, SeaweedPorts
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, free_ports

TEST_BUCKET = "axial-test"

# Linux's folder in memory. A container's may be small.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - its files are for our own account only
_ROOM_BYTES = 2 * 1024**3
_OURS = "axial-test-"


# Tests of the shared system, once on each blob store: `tests/e2e/test_delete.py::test_of_something[s3-…]`.
_OF_SHARED_SYSTEM = re.compile(
    r"tests/(?:e2e|clients|chaos/test_(?:soak|kill_replicas))\b.*\[(directory|s3)\b"
)


class SharedStarts(LoadScopeScheduling):  # type: ignore[misc] # xdist's schedulers have no types
    """Runs tests that share what is dear to start in one process: a system, or a file's fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        shared = _OF_SHARED_SYSTEM.match(nodeid)
        return f"system-{shared[1]}" if shared else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharedStarts:
    """Share the tests out (`pytest -n`). xdist's own groups do nothing under pytest 9.2."""
    return SharedStarts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that at the end nobody waits for one long file: the shared systems first."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if _OF_SHARED_SYSTEM.search(item.nodeid):
        return 0
    return 1 if item.nodeid.startswith("tests/") else 2


@pytest.fixture(scope="session")
def engines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the engines of this run one folder, for their data and their logs."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="session")
def memory_folder(engines_folder: Path) -> Iterator[Path]:
    """Give a folder in memory, where there is one, for engines that forget on power failure anyway.

    A database is three hundred files: to make and to remove them on a disk takes longer than most tests.
    """
    if not _SHARED_MEMORY.is_dir() or disk_usage(_SHARED_MEMORY).free < _ROOM_BYTES:
        yield engines_folder
        return
    for left in _SHARED_MEMORY.glob(f"{_OURS}*"):
        # Of a run that was killed. Its number may be another's by now; then it is removed another time.
        if not Path("/proc", left.name.removeprefix(_OURS)).exists():
            rmtree(left, ignore_errors=True)
    folder = _SHARED_MEMORY / f"{_OURS}{os.getpid()}"
    folder.mkdir()
    yield folder
    rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(memory_folder: Path, engines_folder: Path) -> Iterator[str]:
    """Run a PostgreSQL that forgets on power failure; the role is a superuser."""
    (port,) = free_ports(1)
    server = postgres.prepare(memory_folder / "postgres", port, durable=False)
    with running([server], engines_folder / "logs"):
        yield postgres.url(port)


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Iterator[Databases]:
    """Give what makes the databases of tests."""
    with closing(Databases(postgres_url)) as databases:
        yield databases


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schemas that the test's database has from its beginning, with their migrations' packages: none.

    The tests of a service have another fixture of this name.
    """
    return {}


@pytest.fixture
def database_url(databases: Databases, database_schemas: Mapping[str, str]) -> Iterator[str]:
    """Give the test a database of its own, dropped afterwards even if still in use."""
    with databases.made(database_schemas) as url:
        yield url


@pytest.fixture(scope="session")
def nats_url(memory_folder: Path, engines_folder: Path) -> Iterator[str]:
    """Run NATS with JetStream in files; tests share it, and name their streams apart."""
    port, monitoring = free_ports(2)
    server = nats.prepare(memory_folder / "nats", port, monitoring, durable=False)
    with running([server], engines_folder / "logs"):
        yield nats.url(port)


@pytest.fixture(scope="session")
def s3_credentials(engines_folder: Path) -> S3Credentials:
    """Give the access key and the secret key of `s3_url`."""
    return seaweedfs.credentials(engines_folder / "seaweedfs")


@pytest.fixture(scope="session")
def s3_url(engines_folder: Path, s3_credentials: S3Credentials) -> Iterator[str]:
    """Run SeaweedFS with one bucket; tests share it, and name their keys apart."""
    ports = SeaweedPorts.of(free_ports(SeaweedPorts.COUNT))
    server = seaweedfs.prepare(engines_folder / "seaweedfs", ports, durable=False)
    with running([server], engines_folder / "logs"):
        store = boto3.client(
            "s3",
            endpoint_url=f"http://{LOOPBACK}:{ports.s3}",
            region_name=seaweedfs.REGION,
            aws_access_key_id=s3_credentials.access_key,
            aws_secret_access_key=s3_credentials.secret_key,
            config=Config(s3={"addressing_style": "path"}),
        )
        store.create_bucket(Bucket=TEST_BUCKET)
        store.close()
        yield seaweedfs.url(ports, TEST_BUCKET)
