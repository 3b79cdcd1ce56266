"""A disk runs full under each engine: refused clearly, nothing acknowledged is lost, and it goes on when there is room.

First it is nearly full, as uploads alone make it: they are refused while there is still room for what makes room. Then
others take the rest of it, and the engine itself fails.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import asyncpg
import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker, multi_frame
from support.disks import Disk, mounted
from support.evidence import assert_holds, read_history
from support.modality import associated, sendable
from support.system import Axial, Wishes, running
from support.waiting import until

from axial.cli.engines import postgres
from axial.cli.ports import free_ports
from axial.common.errors import StorageFull, Unavailable
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import MetadataWriteRequested
from axial.common.identifiers import Level, ResourceId
from axial.common.nats import open_nats
from axial.dimse.messages.status import Status

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

# As ingest has it by default.
_RESERVED_BYTES = 256 * 1024 * 1024
# What uploads may still take: few enough of them that the test is short.
_LEFT_BYTES = 256 * 1024
_MOST_UPLOADS = 500
# A supervisor that waits looks every two seconds; PostgreSQL replays its WAL, on a loaded machine.
_BACK_WITHIN_SECONDS = 90.0
_WRITTEN_BYTES = 7 * 1024
_MOST_WRITES = 10_000
# Longer than the log takes when it answers.
_UNANSWERED_SECONDS = 2.0
_SPOOL_BYTES = 2 * 1024 * 1024
_FRAMES = 10


@dataclass(frozen=True, slots=True)
class System:
    """A system on disks that can run full, and what it has promised to keep."""

    axial: Axial
    disks: dict[str, Disk]
    kept: dict[str, bytes] = field(default_factory=dict)
    maker: DicomMaker = field(default_factory=DicomMaker)
    serials: Iterator[int] = field(default_factory=count)


@contextmanager
def _system(data: Path, store: str, engines: tuple[str, ...]) -> Iterator[System]:
    """Run one with a disk under each of these folders; the empty name is that of all together."""
    data.mkdir(mode=0o700)
    if "postgres" in engines:
        # It is made aside and renamed, which a mounted folder cannot be.
        postgres.prepare(data / "postgres", free_ports(1)[0])
    with ExitStack() as stack:
        disks = {name: stack.enter_context(mounted(data / name)) for name in engines}
        yield System(stack.enter_context(running(data, Wishes(store))), disks)


@pytest.fixture(scope="module")
def system(module_data: Path) -> Iterator[System]:
    """Run a system with a disk for each engine; every test leaves it as it should be."""
    with _system(module_data, "directory", ("postgres", "nats", "blobs", "spool")) as system:
        yield system


@pytest.fixture
def s3_system(own_data: Path) -> Iterator[System]:
    """Run a system with a disk for SeaweedFS."""
    with _system(own_data, "s3", ("seaweedfs",)) as system:
        yield system


@pytest.fixture
def one_disk(own_data: Path) -> Iterator[System]:
    """Run a system with everything on one disk, as nearly every machine has it."""
    with _system(own_data, "s3", ("",)) as system:
        yield system


class Clients:
    """Those who use a system."""

    def __init__(self, system: System, client: httpx2.AsyncClient) -> None:
        self.system = system
        self.http = client

    async def upload(self) -> httpx2.Response:
        """Upload an instance; remember it if it was kept."""
        dicom = self.make()
        answer = await self.http.post("/instances", content=dicom.body)
        if answer.status_code in (200, 202):
            self.system.kept[dicom.id] = dicom.body
        return answer

    def make(self) -> Dicom:
        """Make an instance that nobody has yet."""
        return self.system.maker.make(next(self.system.serials))

    async def assert_full(self) -> None:
        """Uploads by HTTP and by DICOM hear that there is no room, and nothing is half kept."""
        _assert_told(await self.upload())
        port = self.system.axial.dicom_port
        assert port is not None
        instance = sendable(self.make().body)
        async with associated(port, [instance]) as modality:
            assert await modality.store(instance) == Status.OUT_OF_RESOURCES

    async def assert_holds(self) -> None:
        """What was kept is there, and nothing else."""
        await assert_holds(self.http, self.system.kept)

    async def delete_one(self) -> None:
        """Delete an instance, which is acknowledged."""
        instance = next(iter(self.system.kept))
        assert (await self.http.delete(f"/instances/{instance}")).status_code == 200
        del self.system.kept[instance]

    async def until_it_goes_on(self) -> None:
        """Wait until uploads are taken again; then all that was promised is there, and all parts agree."""

        async def taken() -> bool:
            return (await self.upload()).status_code == 200

        await until(taken, within=_BACK_WITHIN_SECONDS, retry_on=(httpx2.TransportError,))
        await until(self.assert_holds, within=_BACK_WITHIN_SECONDS)
        await read_history(self.http)
        verified = self.system.axial.run("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


def _assert_told(answer: httpx2.Response) -> None:
    """The answer says in Orthanc's words that there is no room."""
    assert answer.status_code == 507, answer.text
    told = answer.json()
    assert (told["OrthancStatus"], told["OrthancError"]) == (19, "The file storage is full")


async def _upload_until_full(clients: Clients) -> None:
    for _ in range(_MOST_UPLOADS):
        answer = await clients.upload()
        if answer.status_code != 200:
            _assert_told(answer)
            return
    pytest.fail("the disk never ran full")


async def _runs_full(system: System, name: str, *failing: str) -> None:
    disk = system.disks[name]
    async with system.axial.async_client() as http:
        clients = Clients(system, http)
        await clients.upload()
        disk.leave(_RESERVED_BYTES + _LEFT_BYTES)
        await _upload_until_full(clients)
        await clients.assert_full()
        # There is no room for more, and enough to read what is there, and to delete it.
        await clients.delete_one()
        await clients.assert_holds()
        disk.leave(0)
        await clients.assert_full()
        instance = next(iter(system.kept))
        _assert_told(await http.delete(f"/instances/{instance}"))
        for engine in failing:
            fail, has_failed = _FAILING[engine]
            await fail(system)
            await until(partial(has_failed, system), within=_BACK_WITHIN_SECONDS)
        disk.relieve()
        await clients.until_it_goes_on()


async def _is_waited_for(name: str, system: System) -> bool:
    """The supervisor neither gives an engine up nor starts it in vain."""
    told = system.axial.told().splitlines()
    return any(f" {name} " in line and "waiting for room" in line for line in told)


async def _write_to_log(system: System) -> None:
    """Write as a process does that does not see the log's disk, until the log answers nothing any more."""
    instance = ResourceId(next(iter(system.kept)))
    async with open_nats(system.axial.nats_url, "writer") as client:
        log = EventLog(client)
        for number in range(_MOST_WRITES):
            event = MetadataWriteRequested(
                level=Level.INSTANCE, resource_id=instance, number=1024, value=_content(number)
            )
            try:
                async with asyncio.timeout(_UNANSWERED_SECONDS):
                    await log.append(event, new_envelope("test"))
            except (TimeoutError, StorageFull, Unavailable):
                return
    pytest.fail("the log never failed")


async def _write_to_postgres(system: System) -> None:
    """Have the server begin one file of WAL after the other, until it cannot."""
    environment = json.loads((system.axial.folder / "run" / "environment.json").read_text())
    connection = await asyncpg.connect(environment["AXIAL_DATABASE_URL"])
    try:
        for _ in range(_MOST_WRITES):
            await connection.execute("SELECT txid_current(), pg_switch_wal()")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return
    finally:
        connection.terminate()
    pytest.fail("PostgreSQL never failed")


def _content(number: int) -> bytes:
    # Of random digits, of which no engine makes much less.
    return random.Random(number).randbytes(_WRITTEN_BYTES // 2).hex().encode()  # noqa: S311


async def _is_read_only(system: System) -> bool:
    port = json.loads((system.axial.folder / "run" / "ports.json").read_text())["seaweedfs.volume"]
    async with httpx2.AsyncClient() as client:
        status = (await client.get(f"http://127.0.0.1:{port}/status")).json()
    return all(volume["ReadOnly"] for volume in status["Volumes"])


async def _nothing(system: System) -> None:
    """It finds out by itself."""


#: By engine: who makes it fail, and what it looks like then.
_FAILING: dict[
    str, tuple[Callable[[System], Awaitable[None]], Callable[[System], Awaitable[bool]]]
] = {
    "nats": (_write_to_log, partial(_is_waited_for, "nats")),
    "postgres": (_write_to_postgres, partial(_is_waited_for, "postgres")),
    "seaweedfs": (_nothing, _is_read_only),
}


@pytest.mark.parametrize(
    "name",
    ["blobs", *(pytest.param(name, marks=pytest.mark.long) for name in ("nats", "postgres"))],
)
async def test_a_full_disk(system: System, name: str) -> None:
    """Uploads are refused, deletions are not; the engine fails with the last byte, and comes back with room."""
    await _runs_full(system, name, *({name} & _FAILING.keys()))


@pytest.mark.long
async def test_everything_on_a_full_disk(one_disk: System) -> None:
    """The same when nothing at all can be written, not even a line of a log."""
    await _runs_full(one_disk, "", "nats", "postgres")


@pytest.mark.long
async def test_a_full_disk_of_seaweedfs(s3_system: System) -> None:
    """The same of the S3 store, which looks at its disk once a minute, and then writes no more."""
    await _runs_full(s3_system, "seaweedfs", "seaweedfs")


@pytest.mark.long
async def test_a_full_spool(system: System) -> None:
    """What has to wait on disk is refused, and gives its room back at once; what fits into memory is taken."""
    large = multi_frame(_FRAMES)
    assert large.size_bytes > 2 * _SPOOL_BYTES
    system.disks["spool"].leave(_SPOOL_BYTES)
    async with system.axial.async_client() as http:
        clients = Clients(system, http)
        _assert_told(await http.post("/instances", content=b"".join(large.chunks())))
        assert (await clients.upload()).status_code == 200
        await until(_is_free(system.disks["spool"], _SPOOL_BYTES))
        system.disks["spool"].relieve()
        answer = await http.post("/instances", content=b"".join(large.chunks()))
        assert answer.status_code == 200, answer.text
        system.kept[answer.json()["ID"]] = b"".join(large.chunks())
        await clients.until_it_goes_on()


def _is_free(disk: Disk, free_bytes: int) -> Callable[[], Awaitable[bool]]:
    async def free() -> bool:
        return disk.free_bytes >= free_bytes

    return free
