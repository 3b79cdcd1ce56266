"""The process `python -m axial.ingest`, spoken to over sockets: what only a real connection shows."""

import asyncio
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from axial.cli.engines import nats as nats_engine
from axial.cli.foreground import spawn, stop, wait_until_ready
from axial.cli.ports import LOOPBACK, free_ports
from axial.common.event_log import EventLog
from axial.common.events import InstanceReceived
from axial.common.nats import open_nats
from axial.common.recorded import LogSequence
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.eventually import eventually, eventually_sync

pytestmark = pytest.mark.integration

_MEBIBYTE = 1024 * 1024
# Ten times the memory granted, in seconds; AXIAL_TEST_LARGE_MIB=2048 makes it 2 GiB.
_USUAL_MIB = 512
_ASYNC = {"Prefer": "respond-async"}


@dataclass(frozen=True)
class _Running:
    """A running ingest."""

    process: subprocess.Popen[str]
    url: str
    port: int
    folder: Path
    nats_url: str
    stream: str

    def blobs(self) -> list[Path]:
        """List the stored files."""
        return sorted((self.folder / "blobs").rglob("*.dcm"))

    def open_spool_files(self) -> list[str]:
        """List the process's descriptors in the spool folder, with or without a name."""
        spool = str(self.folder / "spool")
        return [
            target
            for target in map(_target, Path(f"/proc/{self.process.pid}/fd").iterdir())
            if target.startswith(spool)
        ]

    def spool_names(self) -> list[str]:
        """List what stands in the spool folder."""
        return [path.name for path in (self.folder / "spool").iterdir()]

    def peak_memory_bytes(self) -> int:
        """Read the largest resident size so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""


@contextmanager
def _running(folder: Path, nats_url: str, stream: str, **environment: str) -> Iterator[_Running]:
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "axial.ingest"],
        env={
            **os.environ,
            "AXIAL_NATS_URL": nats_url,
            "AXIAL_LOG_STREAM": f"DICOM-{stream}",
            "AXIAL_LOG_PREFIX": f"dicom-{stream}",
            "AXIAL_BLOB_URL": (folder / "blobs").as_uri(),
            "AXIAL_SPOOL_DIR": str(folder / "spool"),
            "AXIAL_LISTEN_PORT": str(port),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = _Running(process, f"http://{LOOPBACK}:{port}", port, folder, nats_url, stream)
    try:
        eventually_sync(
            lambda: httpx2.get(f"{found.url}/healthz").is_success,
            within=30,
            retry_on=(httpx2.TransportError,),
        )
        yield found
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def ingest(nats_url: str, tmp_path: Path) -> Iterator[_Running]:
    """Run ingest on a directory store, with Orthanc's option of 4096 MiB."""
    with _running(tmp_path, nats_url, uuid.uuid4().hex) as found:
        yield found


@pytest.fixture
def small_ingest(nats_url: str, tmp_path: Path) -> Iterator[_Running]:
    """Run ingest with a limit of 4 MiB."""
    limit = {"ORTHANC__MAXIMUM_UPLOAD_SIZE": "4"}
    with _running(tmp_path, nats_url, uuid.uuid4().hex, **limit) as found:
        yield found


async def _events(ingest: _Running) -> list[InstanceReceived]:
    async with open_nats(ingest.nats_url, "test") as nats:
        log = EventLog(nats, f"DICOM-{ingest.stream}", f"dicom-{ingest.stream}")
        async with log.read(LogSequence(0)) as reader:
            batch = await reader.next_batch(100, 1.0)
    return [one.event for one in batch if isinstance(one.event, InstanceReceived)]


def _multi_frame(size_bytes: int) -> tuple[bytes, bytes]:
    """The head of a large multi-frame object, and the mebibyte that its pixels repeat."""
    head = dicom_file(NumberOfFrames=str(size_bytes // _MEBIBYTE), Rows=1024, Columns=1024)
    head += b"\xe0\x7f\x10\x00OW\0\0" + size_bytes.to_bytes(4, "little")
    return head, os.urandom(_MEBIBYTE)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@pytest.mark.parametrize("declares_its_size", [True, False])
async def test_enormous_upload_needs_little_memory(
    ingest: _Running,
    declares_its_size: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A multi-frame object far larger than the memory granted is stored byte for byte."""
    size_bytes = int(os.environ.get("AXIAL_TEST_LARGE_MIB", _USUAL_MIB)) * _MEBIBYTE
    head, frame = _multi_frame(size_bytes)
    digest = hashlib.md5(usedforsecurity=False)

    async def body() -> AsyncIterator[bytes]:
        digest.update(head)
        yield head
        for _ in range(size_bytes // _MEBIBYTE):
            digest.update(frame)
            yield frame

    headers = {"Content-Length": str(len(head) + size_bytes)} if declares_its_size else {}
    before_bytes = ingest.peak_memory_bytes()
    async with httpx2.AsyncClient(timeout=120) as client:
        answer = await client.post(
            f"{ingest.url}/instances", content=body(), headers=headers | _ASYNC
        )
    assert answer.status_code == 202
    assert ingest.peak_memory_bytes() - before_bytes < 48 * _MEBIBYTE
    (blob,) = ingest.blobs()
    assert _digest(blob) == digest.hexdigest()
    assert ingest.open_spool_files() == []


async def test_parallel_large_uploads_share_little_memory(ingest: _Running) -> None:
    """Eight uploads of 64 MiB at once take a few mebibytes each, not 64."""
    size_bytes = 64 * _MEBIBYTE
    head, frame = _multi_frame(size_bytes)

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(size_bytes // _MEBIBYTE):
            yield frame

    before_bytes = ingest.peak_memory_bytes()
    async with httpx2.AsyncClient(timeout=120) as client:
        await asyncio.gather(
            *(
                client.post(f"{ingest.url}/instances", content=body(), headers=_ASYNC)
                for _ in range(8)
            )
        )
    assert ingest.peak_memory_bytes() - before_bytes < 96 * _MEBIBYTE
    assert len({_digest(blob) for blob in ingest.blobs()}) == 1
    assert len(ingest.blobs()) == 8


def _head(length: int, *extra: str) -> bytes:
    lines = (
        "POST /instances HTTP/1.1",
        "Host: ingest",
        f"Content-Length: {length}",
        "Prefer: respond-async",
        *extra,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def test_expect_continue(ingest: _Running) -> None:
    """A sender who asks first is told to go on, and then answered."""
    content = dicom_file()
    reader, writer = await asyncio.open_connection(LOOPBACK, ingest.port)
    writer.write(_head(len(content), "Expect: 100-continue"))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(content)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
    writer.close()


async def test_too_large_is_told_before_a_byte_is_sent(small_ingest: _Running) -> None:
    """A sender who asks first is refused without a body; who sends it all the same, may go on."""
    reader, writer = await asyncio.open_connection(LOOPBACK, small_ingest.port)
    body = bytes(5 * _MEBIBYTE)
    for _ in range(2):
        writer.write(_head(len(body), "Expect: 100-continue"))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" not in answer
        (length,) = re.findall(rb"content-length: ([0-9]+)", answer)
        await reader.readexactly(int(length))
        writer.write(body)
        await writer.drain()
    writer.close()


async def test_connection_survives_a_refused_body(small_ingest: _Running) -> None:
    """A sender who does not ask sends all in vain, gets the 413, and may use the connection again."""
    async with httpx2.AsyncClient(base_url=small_ingest.url) as client:
        refused = await client.post("/instances", content=bytes(6 * _MEBIBYTE))
        assert refused.status_code == 413
        accepted = await client.post("/instances", content=dicom_file(), headers=_ASYNC)
        assert accepted.status_code == 202


async def test_sender_who_leaves_leaves_nothing(ingest: _Running) -> None:
    """A connection that ends in the middle of a body leaves no file, no blob and no event."""
    head, frame = _multi_frame(64 * _MEBIBYTE)
    _, writer = await asyncio.open_connection(LOOPBACK, ingest.port)
    writer.write(_head(len(head) + 64 * _MEBIBYTE) + head)
    for _ in range(8):
        writer.write(frame)
        await writer.drain()
    await eventually(ingest.open_spool_files)
    writer.transport.abort()
    await eventually(lambda: not ingest.open_spool_files())
    async with httpx2.AsyncClient(base_url=ingest.url) as client:
        metrics = (await client.get("/metrics")).text
    assert 'axial_ingest_refused_total{code="disconnected"} 1.0' in metrics
    assert ingest.blobs() == []
    assert await _events(ingest) == []


async def test_killed_process_leaves_no_spooled_file(ingest: _Running) -> None:
    """SIGKILL in the middle of a large upload: no file is left, on disk or in the store."""
    head, frame = _multi_frame(64 * _MEBIBYTE)
    _, writer = await asyncio.open_connection(LOOPBACK, ingest.port)
    writer.write(_head(len(head) + 64 * _MEBIBYTE) + head)
    for _ in range(8):
        writer.write(frame)
        await writer.drain()
    await eventually(ingest.open_spool_files)
    ingest.process.kill()
    await asyncio.to_thread(ingest.process.wait)
    writer.transport.abort()
    assert ingest.blobs() == []
    assert ingest.spool_names() == []


async def test_address_behind_a_proxy_is_the_senders(ingest: _Running) -> None:
    """The edge, on loopback, is believed about where a request comes from."""
    async with httpx2.AsyncClient(base_url=ingest.url) as client:
        headers = _ASYNC | {"X-Forwarded-For": "203.0.113.9"}
        await client.post("/instances", content=dicom_file(), headers=headers)
    (event,) = await _events(ingest)
    assert event.origin.remote_ip == "203.0.113.9"


async def test_stopping_finishes_what_is_in_hand(ingest: _Running) -> None:
    """SIGTERM in the middle of an upload: it is still taken in and answered, then the process ends well."""
    content = dicom_file()
    reader, writer = await asyncio.open_connection(LOOPBACK, ingest.port)
    writer.write(_head(len(content), "Expect: 100-continue"))
    await reader.readuntil(b"\r\n\r\n")
    writer.write(content[:100])
    ingest.process.send_signal(signal.SIGTERM)
    await eventually(lambda: _refuses(ingest.port))
    writer.write(content[100:])
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
    writer.close()
    # uvicorn, when all is answered, ends the process by the very signal.
    assert await asyncio.to_thread(ingest.process.wait, 20) in (0, -signal.SIGTERM)


def _refuses(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_impossible_start_is_one_line(nats_url: str, tmp_path: Path) -> None:
    """A spool folder that cannot be is told in one line, with exit status 1."""
    (tmp_path / "file").write_bytes(b"")
    ended = subprocess.run(
        [sys.executable, "-m", "axial.ingest"],
        env={
            **os.environ,
            "AXIAL_NATS_URL": nats_url,
            "AXIAL_BLOB_URL": (tmp_path / "blobs").as_uri(),
            "AXIAL_SPOOL_DIR": str(tmp_path / "file" / "spool"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("ingest: ")
    assert len(ended.stderr.splitlines()) == 1


class _Server:
    """A NATS server of our own, to take away and bring back."""

    def __init__(self, folder: Path) -> None:
        self._program = nats_engine.prepare(folder / "nats", *free_ports(2), durable=False)
        self._output = folder / "nats.log"
        self.url = self._program.address
        self.start()

    def start(self) -> None:
        self._process = spawn(self._program, self._output)
        wait_until_ready(self._program, self._process, self._output)

    def stop(self) -> None:
        stop(self._program, self._process)


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[_Server]:
    """Run a NATS server for this test alone."""
    server = _Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def own_ingest(own_nats: _Server, tmp_path: Path) -> Iterator[_Running]:
    """Run ingest on it."""
    with _running(tmp_path, own_nats.url, "own") as found:
        yield found


async def _send(ingest: _Running, number: int) -> int:
    async with httpx2.AsyncClient(base_url=ingest.url, timeout=60) as client:
        content = dicom_file(SOPInstanceUID=f"1.{number}")
        return (await client.post("/instances", content=content, headers=_ASYNC)).status_code


async def test_short_outage_of_the_log_is_a_delay(own_ingest: _Running, own_nats: _Server) -> None:
    """An upload that meets a restart of NATS waits for it, and is stored once."""
    await asyncio.to_thread(own_nats.stop)
    sending = asyncio.create_task(_send(own_ingest, 1))
    await eventually(own_ingest.blobs)
    await asyncio.to_thread(own_nats.start)
    assert await sending == 202
    assert len(await _events(own_ingest)) == 1


@pytest.mark.long
async def test_long_outage_of_the_log_is_a_503(own_ingest: _Running, own_nats: _Server) -> None:
    """An upload that finds no log is refused; ingest lives on, and never stores the refused one later."""
    await asyncio.to_thread(own_nats.stop)
    assert await _send(own_ingest, 1) == 503
    await asyncio.to_thread(own_nats.start)
    assert await _send(own_ingest, 2) == 202
    assert [event.sop_instance_uid for event in await _events(own_ingest)] == ["1.2"]
