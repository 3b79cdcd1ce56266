"""JetStream's own snapshots: a stream with its numbers, its times and its consumers, as bytes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api

from axial.cli.backup.files import DurableFile
from axial.common.errors import Unavailable
from axial.common.log_reader import AWAY

Document = dict[str, Any]
Progress = Callable[[int], None]

_API_TIMEOUT_SECONDS = 10.0
_NOT_FOUND = 10059
# The server sends 32 MiB ahead of the acknowledgements; the rest waits in no memory.
_PENDING_BYTES = 128 * 1024 * 1024
# Silence this long is the end: the server sends as fast as we take it.
_SILENCE_SECONDS = 60.0
# Below the payload of any server (1 MiB by default); the server's own choice for snapshots.
_CHUNK_BYTES = 128 * 1024
# In flight at once. The server gives a restore up when nothing comes for five seconds.
_CHUNKS_AT_ONCE = 16
# How often it is seen whether the server still lives.
_LOOK_SECONDS = 1.0
_DONE = "204"


class StreamFailed(Exception):
    """The server could not take, or make, a snapshot; the message is one line."""


async def state_of(client: Client, stream: str) -> Document | None:
    """Ask the server what a stream holds; None when there is none."""
    answer = await _ask(client, f"$JS.API.STREAM.INFO.{stream}")
    if error := answer.get("error"):
        if error.get("err_code") == _NOT_FOUND:
            return None
        raise StreamFailed(f"stream {stream}: {error.get('description')}")
    state: Document = answer["state"]
    return state


async def remove(client: Client, stream: str) -> None:
    """Remove a stream with all that is in it."""
    answer = await _ask(client, f"$JS.API.STREAM.DELETE.{stream}")
    if error := answer.get("error"):
        raise StreamFailed(f"stream {stream}: {error.get('description')}")


async def save(
    client: Client, stream: str, file: DurableFile, *, consumers: bool, progress: Progress
) -> tuple[Document, Document]:
    """Write the stream as it is now; return its configuration and its state. Appends go on meanwhile."""
    receiving = _Receiving(client, stream, file, progress)
    inbox = client.new_inbox()
    subscription = await client.subscribe(
        inbox, cb=receiving.take, pending_msgs_limit=-1, pending_bytes_limit=_PENDING_BYTES
    )
    try:
        # `jsck`: every message's checksum is compared first, so that no damage is taken for a backup.
        wish = {"deliver_subject": inbox, "no_consumers": not consumers, "jsck": True}
        answer = await _ask_at_length(
            client, f"$JS.API.STREAM.SNAPSHOT.{stream}", json.dumps(wish).encode()
        )
        if error := answer.get("error"):
            raise StreamFailed(f"stream {stream}: {error.get('description')}")
        await receiving.wait()
    finally:
        await subscription.unsubscribe()
    return answer["config"], answer["state"]


class _Receiving:
    """Chunks of a snapshot, in order, each acknowledged, to the empty one that ends them."""

    def __init__(self, client: Client, stream: str, file: DurableFile, progress: Progress) -> None:
        self._client = client
        self._stream = stream
        self._file = file
        self._progress = progress
        self._number = 0
        self._stirred = asyncio.Event()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def take(self, message: Msg) -> None:
        """Write one chunk down."""
        self._stirred.set()
        if self._ended.done():
            return
        try:
            self._take(message)
        except (StreamFailed, OSError) as error:
            self._ended.set_exception(error)
            return
        if message.reply:
            await self._client.publish(message.reply)

    def _take(self, message: Msg) -> None:
        if not message.data:
            status = (message.headers or {}).get(api.Header.STATUS, _DONE)
            if status != _DONE:
                raise StreamFailed(f"stream {self._stream}: the snapshot broke off ({status})")
            self._ended.set_result(None)
            return
        self._number += 1
        # $JS.SNAPSHOT.ACK.<stream>.<id>.<bytes>.<number>; the last one of all has no such name.
        if message.reply and int(message.reply.rpartition(".")[2]) != self._number:
            raise StreamFailed(f"stream {self._stream}: a part of the snapshot was lost on its way")
        self._file.write(message.data)
        self._progress(len(message.data))

    async def wait(self) -> None:
        """Return when all is written."""
        try:
            while not self._ended.done():
                self._stirred.clear()
                async with asyncio.timeout(_SILENCE_SECONDS):
                    await self._stirred.wait()
        except TimeoutError as error:
            raise Unavailable("NATS fell silent in the middle of a snapshot.") from error
        self._ended.result()


async def restore(
    client: Client, stream: str, config: Document, state: Document, file: Path, progress: Progress
) -> Document:
    """Make the stream that a snapshot holds; return its state. Raises StreamFailed, and may leave a part of it."""
    answer = await _ask(
        client, f"$JS.API.STREAM.RESTORE.{stream}", {"config": config, "state": state}
    )
    if error := answer.get("error"):
        raise StreamFailed(f"stream {stream}: {error.get('description')}")
    subject = answer["deliver_subject"]
    waiting: list[bytes] = []
    for chunk in _chunks(file):
        waiting.append(chunk)
        if len(waiting) == _CHUNKS_AT_ONCE:
            await _send(client, stream, subject, waiting)
            progress(sum(map(len, waiting)))
            waiting = []
    await _send(client, stream, subject, waiting)
    progress(sum(map(len, waiting)))
    # An empty one says that this was all.
    answer = await _ask_at_length(client, subject, b"")
    if error := answer.get("error"):
        raise StreamFailed(f"stream {stream}: {error.get('description')}")
    restored: Document = answer["state"]
    return restored


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk


async def _send(client: Client, stream: str, subject: str, chunks: list[bytes]) -> None:
    """Send chunks: tasks publish in the order in which they were made, over one connection."""

    async def send(chunk: bytes) -> bytes:
        return (await client.request(subject, chunk, timeout=_SILENCE_SECONDS)).data

    async with _away_is_unavailable():
        answers = await asyncio.gather(*map(send, chunks))
    if any(answers):
        raise StreamFailed(f"stream {stream}: the server could not take the snapshot")


async def _ask_at_length(client: Client, subject: str, body: bytes) -> Document:
    """Ask what takes as long as it takes: every message is read, or written anew; wait while the server lives."""
    reconnects = client.stats["reconnects"]
    inbox = client.new_inbox()
    async with _away_is_unavailable():
        subscription = await client.subscribe(inbox, max_msgs=1)
        await client.publish(subject, body, reply=inbox)
        try:
            while True:
                with suppress(nats.errors.TimeoutError):
                    return _read((await subscription.next_msg(_LOOK_SECONDS)).data)
                if not client.is_connected or client.stats["reconnects"] != reconnects:
                    raise Unavailable("NATS went away in the middle of a snapshot.")
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()


async def _ask(client: Client, subject: str, question: Document | None = None) -> Document:
    body = b"" if question is None else json.dumps(question).encode()
    async with _away_is_unavailable():
        return _read((await client.request(subject, body, timeout=_API_TIMEOUT_SECONDS)).data)


def _read(answer: bytes) -> Document:
    document: Document = json.loads(answer)
    return document


@asynccontextmanager
async def _away_is_unavailable() -> AsyncIterator[None]:
    try:
        yield
    except AWAY as error:
        raise Unavailable("NATS does not answer.") from error
