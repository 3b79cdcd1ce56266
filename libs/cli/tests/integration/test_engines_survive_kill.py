"""The engines as `axial up` runs them: killed without warning, started again."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import boto3
import nats as nats_client
import pytest
from botocore.config import Config

from axial.cli.engines import nats, postgres, seaweedfs
from axial.cli.engines.seaweedfs import SeaweedPorts
from axial.cli.foreground import spawn, stop, wait_until_ready
from axial.cli.ports import LOOPBACK, free_ports
from axial.cli.program import Program

pytestmark = pytest.mark.integration

OBJECTS = 40


class Engine:
    """One engine that can be killed; each start is the same as in a supervisor."""

    def __init__(self, program: Program, log: Path) -> None:
        self._program = program
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = spawn(self._program, self._log)
        wait_until_ready(self._program, self._process, self._log)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Stop it, if it still runs."""
        if self._process is not None:
            stop(self._program, self._process)


@contextmanager
def started(program: Program, log: Path) -> Iterator[Engine]:
    """Run the engine for a block."""
    engine = Engine(program, log)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


async def test_postgres_keeps_what_it_committed(tmp_path: Path) -> None:
    """A row that was committed is there after SIGKILL, and the next start needs no help."""
    (port,) = free_ports(1)
    program = postgres.prepare(tmp_path / "postgres", port)
    with started(program, tmp_path / "postgres.log") as engine:
        connection = await asyncpg.connect(postgres.url(port))
        await connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (42)")
        engine.kill()
        connection.terminate()
        # Its own children may hold the shared memory for a moment: a supervisor tries again too.
        _start_again(engine)
        connection = await asyncpg.connect(postgres.url(port))
        assert await connection.fetchval("SELECT id FROM kept") == 42
        assert await connection.fetchval("SHOW fsync") == "on"
        await connection.close()


async def test_nats_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Every acknowledged message is there after SIGKILL, in order."""
    port, monitoring = free_ports(2)
    program = nats.prepare(tmp_path / "nats", port, monitoring)
    with started(program, tmp_path / "nats.log") as engine:
        client = await nats_client.connect(nats.url(port))
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        for number in range(OBJECTS):
            await client.jetstream().publish("kept", str(number).encode())
        engine.kill()
        engine.start()
        client_again = await nats_client.connect(nats.url(port))
        found = [
            (await client_again.jetstream().get_msg("KEPT", sequence)).data
            for sequence in range(1, OBJECTS + 1)
        ]
        await client_again.close()
        await client.close()
    assert found == [str(number).encode() for number in range(OBJECTS)]


def _shorten(file: Path, count: int) -> None:
    with file.open("r+b") as opened:
        opened.truncate(max(0, file.stat().st_size - count))


def _lengthen(file: Path, content: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(content)


#: The worst that a kill can leave of a volume, given as the path of its data.
DAMAGES: list[Callable[[Path], None]] = [
    # Between the data and the index.
    lambda data: _shorten(data.with_suffix(".idx"), 2 * 17),
    # Within an entry of the index.
    lambda data: _shorten(data.with_suffix(".idx"), 5),
    # Within a needle that nobody was told of.
    lambda data: _lengthen(data, data.read_bytes()[8:2000]),
    # Before the file system had the bytes, as by a loss of power.
    lambda data: _lengthen(data, bytes(4096)),
]


def test_seaweedfs_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Every answered object is there after SIGKILL at its worst, and no volume is read-only."""
    ports = SeaweedPorts.of(free_ports(SeaweedPorts.COUNT))
    data = tmp_path / "seaweedfs"
    program = seaweedfs.prepare(data, ports)
    keys = seaweedfs.credentials(data)
    store = boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{ports.s3}",
        region_name=seaweedfs.REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    bodies = {f"kept/{number}": str(number).encode() * 3000 for number in range(OBJECTS)}
    log = tmp_path / "seaweedfs.log"
    with started(program, log) as engine:
        store.create_bucket(Bucket="axial")
        for key, body in bodies.items():
            store.put_object(Bucket="axial", Key=key, Body=body)
        for key in list(bodies)[::5]:
            store.delete_object(Bucket="axial", Key=key)
            del bodies[key]
        engine.kill()
        volumes = sorted((data / "volumes").glob("axial_*.dat"))
        assert len(volumes) > len(DAMAGES)
        for volume, damage in zip(volumes, DAMAGES, strict=False):
            damage(volume)
        log.unlink()
        engine.start()
        listed = store.list_objects_v2(Bucket="axial")["Contents"]
        found = {key: store.get_object(Bucket="axial", Key=key)["Body"].read() for key in bodies}
        store.put_object(Bucket="axial", Key="written/afterwards", Body=b"more")
    store.close()
    assert {entry["Key"] for entry in listed} == set(bodies)
    assert found == bodies
    assert "volumeDataIntegrityChecking failed" not in log.read_text()


def _start_again(engine: Engine) -> None:
    for _ in range(4):
        try:
            engine.start()
        except RuntimeError:
            continue
        return
    engine.start()
