"""The S3 store and its server: killed, restarted, silent, cut off in the middle of an answer."""

import asyncio
import os
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from axial.cli.engines import seaweedfs
from axial.cli.engines.seaweedfs import S3Credentials, SeaweedPorts
from axial.cli.foreground import spawn, stop, wait_until_ready
from axial.cli.ports import free_ports
from axial.common.blobs import BlobDamaged, BlobMissing, BlobStore, StorageUnavailable
from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.client import Patience
from axial.common.blobs.s3.signing import Credentials
from axial.common.blobs.s3.store import S3BlobStore, open_s3
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

# No longer than a test should wait, and long enough for a server on a loaded machine.
IMPATIENT = Patience(attempt_seconds=1.0, retry_seconds=0.5, silence_seconds=1.0)


@pytest.fixture
def address(s3_url: str) -> S3Address:
    """Give the tests' bucket, below a prefix of this test's own."""
    return replace(S3Address.parse(s3_url), prefix=f"{uuid.uuid4().hex}/")


@pytest.fixture
def credentials(s3_credentials: S3Credentials, address: S3Address) -> Credentials:
    """Give the server's keys in the store's form."""
    return Credentials(s3_credentials.access_key, s3_credentials.secret_key, address.region)


class Proxy:
    """Stands between the store and the real server, and misbehaves when told to."""

    def __init__(self, address: S3Address) -> None:
        self._server = address
        #: Both ends of all connections that are open.
        self.open: set[asyncio.StreamWriter] = set()
        #: Connections accepted so far.
        self.connections = 0
        #: Answers to swallow, closing the connection instead.
        self.lose_answers = 0
        #: Bytes of an answer to let through before the connection is closed.
        self.cut_after_bytes: int | None = None
        #: Whether to close the connection after each answer, as if it had been idle for too long.
        self.close_idle = False
        #: Whether to pass nothing on any more, and say nothing.
        self.silent = False
        #: The same, for so many of the connections: the oldest.
        self.silent_until = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[S3Address]:
        """Listen, and give the address that leads here."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        try:
            yield replace(self._server, endpoint=f"http://127.0.0.1:{port}")
        finally:
            listener.close()
            self.hang_up()
            await eventually(lambda: not self.open)

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self.open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        server_reader, server_writer = await asyncio.open_connection(
            self._server.host, self._server.port
        )
        both = {writer, server_writer}
        self.open |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._requests(self.connections, reader, server_writer))
                group.create_task(self._answers(server_reader, writer))
        except* OSError:
            pass
        finally:
            for end in both:
                end.close()
            self.open -= both

    async def _requests(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            if not self.silent and number > self.silent_until:
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.lose_answers > 0:
                self.lose_answers -= 1
                raise ConnectionResetError
            if self.cut_after_bytes is not None:
                data = data[: self.cut_after_bytes]
                self.cut_after_bytes -= len(data)
            writer.write(data)
            await writer.drain()
            if self.cut_after_bytes == 0 or self.close_idle:
                raise ConnectionResetError
        raise ConnectionResetError


@pytest.fixture
def proxy(address: S3Address) -> Proxy:
    """Give a proxy that behaves, so far."""
    return Proxy(address)


@pytest.fixture
async def store(proxy: Proxy, credentials: Credentials) -> AsyncIterator[S3BlobStore]:
    """Open the store behind the proxy."""
    async with proxy.running() as address, open_s3(address, credentials) as opened:
        yield opened


async def test_connections_are_kept(proxy: Proxy, store: BlobStore) -> None:
    """One after the other, requests of all kinds share one connection; at once, as few as need be."""
    for number in range(20):
        await store.put(f"a/{number}", b"x" * 20_000)
        await store.read(f"a/{number}")
        await store.stat(f"a/{number}")
        with pytest.raises(BlobMissing):
            await store.stat("a/missing")
        with pytest.raises(BlobMissing):
            await store.read("a/missing")
        async with await store.open(f"a/{number}") as blob:
            assert sum([len(chunk) async for chunk in blob]) == 20_000
        await store.delete(f"a/{number}")
    assert proxy.connections == 1
    await asyncio.gather(*(store.put(f"b/{number}", b"x") for number in range(64)))
    await asyncio.gather(*(store.read(f"b/{number}") for number in range(64)))
    assert proxy.connections <= 64


async def test_a_put_whose_answer_is_lost_succeeds(proxy: Proxy, store: BlobStore) -> None:
    """The server has the blob and the connection breaks: the repeated put finds its own blob."""
    await store.put("a/before", b"x")
    proxy.lose_answers = 2
    content = os.urandom(20_000)
    await store.put("a/blob", content)
    assert proxy.lose_answers == 0
    assert await store.read("a/blob") == content


async def test_a_large_upload_survives_lost_answers(proxy: Proxy, store: BlobStore) -> None:
    """An upload in parts goes on when connections break on the way."""
    content = os.urandom(20 * 1024 * 1024)
    await store.put("a/before", b"x")
    proxy.lose_answers = 1
    await store.put("a/large", content)
    assert proxy.lose_answers == 0
    assert await store.read("a/large") == content


async def test_a_connection_closed_while_idle_is_replaced(proxy: Proxy, store: BlobStore) -> None:
    """Servers close idle connections without a word; no caller notices."""
    proxy.close_idle = True
    for number in range(20):
        await store.put(f"a/{number}", b"x" * 5_000)
        assert await store.read(f"a/{number}") == b"x" * 5_000
        await store.delete(f"a/{number}")
    assert proxy.connections >= 20


async def test_a_cut_answer_is_no_short_blob(proxy: Proxy, store: BlobStore) -> None:
    """A connection that breaks in the middle of a blob is an error to who reads it."""
    content = os.urandom(3 * 1024 * 1024)
    await store.put("a/blob", content)
    proxy.cut_after_bytes = 1024 * 1024
    received = bytearray()

    async def receive() -> None:
        async for chunk in await store.open("a/blob"):
            received.extend(chunk)

    with pytest.raises(StorageUnavailable):
        await receive()
    assert 0 < len(received) < len(content)
    assert content.startswith(received)
    proxy.cut_after_bytes = None
    assert await store.read("a/blob") == content


async def test_an_answer_that_is_not_wanted_any_more_is_hung_up_on(
    proxy: Proxy, store: BlobStore
) -> None:
    """A reader that goes away stops the server too, instead of leaving it with a full pipe."""
    await store.put("a/blob", os.urandom(8 * 1024 * 1024))
    async with await store.open("a/blob") as blob:
        await anext(aiter(blob))
        assert proxy.open
    await eventually(lambda: not proxy.open)


async def test_a_silent_server_is_unavailable(proxy: Proxy, credentials: Credentials) -> None:
    """No call waits for ever: not for an answer, not for the rest of one."""
    async with proxy.running() as address, open_s3(address, credentials, IMPATIENT) as store:
        await store.put("a/blob", os.urandom(8 * 1024 * 1024))
        reader = await store.open("a/blob")
        proxy.silent = True
        started = time.monotonic()
        for call in (store.put("a/new", b"x"), store.read("a/blob"), store.open("a/blob")):
            with pytest.raises(StorageUnavailable, match="timed out"):
                await call
        assert time.monotonic() - started < 20
        await reader.aclose()
        proxy.silent = False
        proxy.hang_up()
        await store.put("a/new", b"x")


async def test_after_one_silent_connection_none_of_its_age_is_trusted(
    proxy: Proxy, credentials: Credentials
) -> None:
    """A server that vanished without a word is met once, not once for each connection kept."""
    async with proxy.running() as address, open_s3(address, credentials, IMPATIENT) as store:
        await asyncio.gather(*(store.put(f"a/{number}", b"x") for number in range(8)))
        proxy.silent_until = proxy.connections
        await store.put("a/new", b"x")
        assert await store.read("a/new") == b"x"


async def test_no_server_is_unavailable(address: S3Address, credentials: Credentials) -> None:
    """A server that is not there is named, for the operator; its keys are not."""
    (port,) = free_ports(1)
    nowhere = replace(address, endpoint=f"http://127.0.0.1:{port}")
    async with open_s3(nowhere, credentials, IMPATIENT) as store:
        for call in (store.check(), store.put("a", b"x"), store.read("a"), store.delete("a")):
            with pytest.raises(StorageUnavailable) as refused:
                await call
            assert f"127.0.0.1:{port}" in str(refused.value)
            assert credentials.secret_key not in repr(refused.value)


async def test_wrong_keys_are_refused_at_once(address: S3Address, credentials: Credentials) -> None:
    """What would be refused again is not repeated; the reason is told, and the key is not."""
    wrong = replace(credentials, secret_key="not-the-secret")
    async with open_s3(address, wrong) as store:
        started = time.monotonic()
        for call in (store.check(), store.put("a", b"x"), store.read("a")):
            with pytest.raises(StorageUnavailable, match="403"):
                await call
        with pytest.raises(StorageUnavailable, match="403"):
            _ = [blob async for blob in store.list()]
        assert time.monotonic() - started < 5
    assert "not-the-secret" not in repr(wrong)


async def test_a_damaged_body_is_not_stored(address: S3Address, credentials: Credentials) -> None:
    """Bytes that do not have the MD5 their sender computed leave nothing under the key."""
    async with open_s3(address, credentials, IMPATIENT) as store:
        with pytest.raises(BlobDamaged):
            await store.put("a/blob", b"what arrived", md5="0" * 32)
        with pytest.raises(BlobMissing):
            await store.read("a/blob")


async def test_check_makes_the_bucket(address: S3Address, credentials: Credentials) -> None:
    """A fresh server needs no preparation, and a second check changes nothing."""
    fresh = replace(address, bucket=f"fresh-{uuid.uuid4().hex}")
    async with open_s3(fresh, credentials) as store:
        await store.check()
        await store.put("a/blob", b"x")
        await store.check()
        assert [blob.key async for blob in store.list()] == ["a/blob"]


async def test_a_prefix_keeps_stores_apart(address: S3Address, credentials: Credentials) -> None:
    """Two archives may share a bucket, even if the name of one begins with the other's."""
    neighbour = replace(address, prefix=f"{address.prefix[:-1]}-too/")
    async with open_s3(address, credentials) as one, open_s3(neighbour, credentials) as other:
        await one.put("a/blob", b"one")
        await other.put("a/blob", b"other")
        await other.put("b/blob", b"other")
        assert [blob.key async for blob in one.list()] == ["a/blob"]
        assert [blob.key async for blob in other.list(after="a/blob")] == ["b/blob"]
        await one.delete("a/blob")
        assert await other.read("a/blob") == b"other"


class OwnServer:
    """A SeaweedFS of one test, which may kill it."""

    def __init__(self, folder: Path) -> None:
        ports = SeaweedPorts.of(free_ports(SeaweedPorts.COUNT))
        self._program = seaweedfs.prepare(folder, ports)
        self._log = folder / "seaweedfs.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = S3Address.parse(seaweedfs.url(ports, "own"))
        keys = seaweedfs.credentials(folder)
        self.credentials = Credentials(keys.access_key, keys.secret_key, self.address.region)

    def start(self) -> None:
        """Start it, and wait until it works."""
        self._process = spawn(self._program, self._log)
        wait_until_ready(self._program, self._process, self._log)

    def kill(self) -> None:
        """End it as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it at the end of the test."""
        if self._process is not None:
            stop(self._program, self._process)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    """Start a server for this test alone."""
    server = OwnServer(tmp_path / "seaweedfs")
    try:
        server.start()
        yield server
    finally:
        server.stop()


async def test_puts_outlive_a_server_that_is_killed(own_server: OwnServer) -> None:
    """Uploaders wait for the server to come back; what was stored before and after is all there."""
    stored: dict[str, bytes] = {}
    enough = asyncio.Event()

    async def upload(store: BlobStore, uploader: int) -> None:
        for number in range(10_000):
            key, content = f"{uploader}/{number}", os.urandom(20_000)
            await store.put(key, content)
            stored[key] = content
            if enough.is_set():
                return

    # The time a start may take on a loaded machine.
    patience = Patience(retry_seconds=60)
    async with open_s3(own_server.address, own_server.credentials, patience) as store:
        await store.check()
        async with asyncio.TaskGroup() as uploads:
            for uploader in range(8):
                uploads.create_task(upload(store, uploader))
            await eventually(lambda: len(stored) > 50, within=30)
            await asyncio.to_thread(own_server.kill)
            before = len(stored)
            await asyncio.to_thread(own_server.start)
            await eventually(lambda: len(stored) > before + 50, within=30)
            enough.set()
        assert {blob.key async for blob in store.list()} == stored.keys()
        for key, content in stored.items():
            assert await store.read(key) == content
