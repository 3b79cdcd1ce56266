"""Receiving: blob first, event second, answer third, and what each failure leaves."""

import asyncio
import hashlib
import os
import struct
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
import zstandard
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry

from axial.common.blobs import Body
from axial.common.errors import NotDicom, StorageFull, StorageUnavailable, Unavailable
from axial.common.events import Envelope, Event, InstanceReceived, Origin
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.recorded import LogSequence
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.dicom_files import dicom_file, encoded_element
from axial.ingest.metrics import IngestMetrics
from axial.ingest.receive import Policy, Receipt, Receiver
from axial.ingest.spool import Spool, Spooled
from axial.ingest.storage_form import StorageForm

pytestmark = pytest.mark.unit

_ORIGIN = Origin(protocol="RestApi", remote_ip="192.0.2.1", http_username="alice")
_ROOMY_BYTES = 1024 * 1024


class _Client:
    """A connection that only remembers who listens."""

    def __init__(self) -> None:
        self.listener: Callable[[Msg], Awaitable[None]] | None = None

    async def subscribe(self, _subject: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        self.listener = cb

    async def answer(self, subject: str, data: bytes) -> None:
        assert self.listener is not None
        await self.listener(Msg(cast("Client", self), subject, "", data))


class _Log:
    """A log that keeps events in a list, fails when told to, and has a projector that answers at once."""

    def __init__(self, client: _Client, decision: str, failure: Exception | None) -> None:
        self.events: list[InstanceReceived] = []
        self.envelopes: list[Envelope] = []
        self.reply_to: list[str] = []
        self._client = client
        self._decision = decision
        self._failure = failure

    async def append(self, event: Event, envelope: Envelope, reply_to: str = "") -> LogSequence:
        if self._failure is not None:
            raise self._failure
        assert isinstance(event, InstanceReceived)
        self.events.append(event)
        self.envelopes.append(envelope)
        self.reply_to.append(reply_to)
        if reply_to and self._decision:
            await self._client.answer(reply_to, b'{"decision":"%s"}' % self._decision.encode())
        return LogSequence(7)


class _Bench:
    """A receiver with everything around it at hand."""

    def __init__(
        self,
        decision: str = "stored",
        failure: Exception | None = None,
        max_payload_bytes: int = _ROOMY_BYTES,
        blobs: MemoryBlobStore | None = None,
        default_encoding: str = "Latin1",
        spool_dir: Path = Path("/nonexistent"),
        *,
        compresses: bool = False,
    ) -> None:
        self.client = _Client()
        self.log = _Log(self.client, decision, failure)
        self.blobs = blobs or MemoryBlobStore()
        self.registry = CollectorRegistry()
        self.inbox = OutcomeInbox(cast("Client", self.client))
        self.receiver = Receiver(
            self.blobs,
            StorageForm(spool_dir, compresses=compresses),
            self.log,
            self.inbox,
            lambda: max_payload_bytes,
            Policy("if_changed"),
            lambda: default_encoding,
            IngestMetrics(self.registry),
        )

    async def receive(self, content: bytes, wait_seconds: float = 0.05) -> Receipt:
        await self.inbox.open()
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return await self.receiver.receive(
            Spooled(content, len(content), md5), _ORIGIN, wait_seconds
        )

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


async def test_event_tells_everything_of_the_file() -> None:
    """The event refers to the stored bytes and carries what the index needs, so no blob is read later."""
    bench = _Bench()
    content = dicom_file(PatientID="P7", StudyInstanceUID="1.7")
    receipt = await bench.receive(content)
    (event,) = bench.log.events
    (envelope,) = bench.log.envelopes
    assert event.blob_key == f"{envelope.time:%Y/%m/%d/%H%M}/{envelope.id}.dcm"
    assert bench.blobs.blobs[event.blob_key][0] == content
    assert event.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert (event.patient_id, event.study_instance_uid) == ("P7", "1.7")
    assert (event.size_bytes, event.origin, event.overwrite) == (
        len(content),
        _ORIGIN,
        "if_changed",
    )
    assert event.header is not None
    assert zstandard.decompress(event.header) == content
    assert receipt.status == "Success"
    assert receipt.ids.study


async def test_default_encoding_is_what_it_is_at_the_moment() -> None:
    """Identifiers and main tags of a file that names no character set are decided here, and told by the event."""
    study = encoded_element(0x0020000D, "UI", b"1.2\0")
    names = encoded_element(0x00100010, "PN", b"\xc4\xf6")
    content = dicom_file().replace(study, names + study)
    for encoding, name in (("Greek", "Δφ"), ("Latin1", "Äö"), ("Ascii", "")):
        bench = _Bench(default_encoding=encoding)
        await bench.receive(content)
        (event,) = bench.log.events
        assert event.main_dicom_tags["PatientName"] == name


@pytest.mark.parametrize(
    ("decision", "status"),
    [("stored", "Success"), ("replaced", "Success"), ("already_stored", "AlreadyStored")],
)
async def test_outcome_becomes_orthancs_word(decision: str, status: str) -> None:
    """What the fold decided is told in Orthanc's words, and counted."""
    bench = _Bench(decision)
    assert (await bench.receive(dicom_file())).status == status
    assert bench.count("axial_ingest_instances_total", outcome=decision) == 1


async def test_silent_index_means_accepted() -> None:
    """Without an outcome in time the answer is the event's sequence, and the delay is counted."""
    bench = _Bench(decision="")
    receipt = await bench.receive(dicom_file())
    assert (receipt.status, receipt.sequence) == ("Accepted", 7)
    assert bench.count("axial_ingest_late_outcomes_total") == 1


async def test_nothing_to_wait_asks_for_no_answer() -> None:
    """A sender who prefers not to wait leaves no reply address in the log, and counts as no delay."""
    bench = _Bench()
    receipt = await bench.receive(dicom_file(), wait_seconds=0)
    assert receipt.status == "Accepted"
    assert bench.log.reply_to == [""]
    assert bench.count("axial_ingest_late_outcomes_total") == 0


async def test_large_header_goes_to_a_blob_of_its_own() -> None:
    """A header that would burst the event stands beside the file, and the event refers to it."""
    bench = _Bench(max_payload_bytes=128 * 1024 + 100)
    # Bytes that do not compress, in an element that is kept.
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200))
    content = dicom_file() + encoded_element(0x00420011, "OB", noise)
    await bench.receive(content)
    (event,) = bench.log.events
    assert event.header is None
    assert event.header_blob_key == event.blob_key.removesuffix(".dcm") + ".header"
    assert zstandard.decompress(bench.blobs.blobs[event.header_blob_key][0]) == content


async def test_not_dicom_leaves_nothing() -> None:
    """What is not DICOM reaches neither the store nor the log."""
    bench = _Bench()
    with pytest.raises(NotDicom) as caught:
        await bench.receive(b"no DICOM at all")
    assert caught.value.code == "not_dicom"
    assert not bench.blobs.blobs
    assert not bench.log.events


async def test_uncertain_append_keeps_the_blob() -> None:
    """After an append without an answer the event may yet stand in the log, so its bytes must stay."""
    bench = _Bench(failure=Unavailable())
    with pytest.raises(Unavailable):
        await bench.receive(dicom_file())
    assert len(bench.blobs.blobs) == 1


async def test_refused_append_removes_the_blob() -> None:
    """A log that is full has refused for certain: the bytes need not wait for the sweeper."""
    bench = _Bench(failure=StorageFull())
    with pytest.raises(StorageFull):
        await bench.receive(dicom_file())
    assert not bench.blobs.blobs


class _FullStore(MemoryBlobStore):
    """A store that has room for headers only."""

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        if key.endswith(".dcm"):
            raise StorageFull
        await super().put(key, body, md5=md5)


async def test_full_store_leaves_nothing() -> None:
    """Without room for the file no event is appended, and its header does not stay either."""
    bench = _Bench(max_payload_bytes=0, blobs=_FullStore())
    with pytest.raises(StorageFull):
        await bench.receive(dicom_file())
    assert not bench.log.events
    assert not bench.blobs.blobs


class _SlowStore(MemoryBlobStore):
    """A store whose puts can be held up, or end in an outage."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()
        self.is_away = False

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        self.entered.set()
        await self.go_on.wait()
        if self.is_away:
            raise StorageUnavailable
        await super().put(key, body, md5=md5)


@pytest.mark.parametrize("is_away", [True, False])
async def test_event_waits_for_the_blob(is_away: bool) -> None:  # noqa: FBT001 - a parameter
    """No event is appended before its bytes are durable, nor when they did not become so."""
    blobs = _SlowStore()
    blobs.is_away = is_away
    bench = _Bench(blobs=blobs)
    receiving = asyncio.create_task(bench.receive(dicom_file()))
    await blobs.entered.wait()
    assert not bench.log.events
    blobs.go_on.set()
    await asyncio.wait([receiving])
    assert isinstance(receiving.exception(), StorageUnavailable) is is_away
    assert len(bench.log.events) == (0 if is_away else 1)


def _unpacked(form: bytes) -> bytes:
    """Read Orthanc's compressed form as its clients do."""
    (size_bytes,) = struct.unpack_from("<Q", form)
    content = zlib.decompress(form[8:])
    assert len(content) == size_bytes
    return content


async def test_a_file_is_kept_compressed() -> None:
    """With StorageCompression the blob is Orthanc's form of the file; the event tells both sizes and both digests."""
    bench = _Bench(compresses=True)
    content = dicom_file() + encoded_element(0x7FE00010, "OW", b"\0\1" * 20_000)
    await bench.receive(content)
    (event,) = bench.log.events
    blob = bench.blobs.blobs[event.blob_key][0]
    assert _unpacked(blob) == content
    assert (event.size_bytes, event.md5) == (len(content), _md5(content))
    assert event.compressed is not None
    assert (event.compressed.size_bytes, event.compressed.md5) == (len(blob), _md5(blob))
    assert len(blob) < len(content) / 2


async def test_a_large_file_is_kept_compressed(tmp_path: Path) -> None:
    """A file on disk is compressed on disk, and becomes the same form."""
    bench = _Bench(compresses=True, spool_dir=tmp_path)
    content = dicom_file() + encoded_element(0x7FE00010, "OW", b"\2\1" * 1_500_000)
    async with Spool(tmp_path, 10 * len(content)) as spool:
        await spool.write(content[:2_000_000])
        await spool.write(content[2_000_000:])
        file = await spool.finish()
        assert not isinstance(file.body, bytes | bytearray)
        await bench.inbox.open()
        await bench.receiver.receive(file, _ORIGIN, 0.05)
    (event,) = bench.log.events
    assert _unpacked(bench.blobs.blobs[event.blob_key][0]) == content
    assert event.compressed is not None


async def test_what_does_not_become_smaller_is_kept_as_it_is() -> None:
    """Pixels that are compressed already are not inflated for nothing whenever they are read."""
    bench = _Bench(compresses=True)
    content = dicom_file() + encoded_element(0x7FE00010, "OW", os.urandom(20_000))
    await bench.receive(content)
    (event,) = bench.log.events
    assert event.compressed is None
    assert bench.blobs.blobs[event.blob_key][0] == content


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
