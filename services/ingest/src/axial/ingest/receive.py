"""One file becomes a blob, then an event, then an answer."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog
import zstandard

from axial.common.blobs import BlobStore
from axial.common.charsets import Charset
from axial.common.encodings import ENCODINGS
from axial.common.errors import AxialError, Conflict, StorageFull, Unavailable
from axial.common.event_log import new_envelope
from axial.common.events import (
    Envelope,
    Event,
    InstanceReceived,
    Origin,
    OverwriteMode,
    StorageLimits,
)
from axial.common.header import Header, may_be_deflated, read_header
from axial.common.identifiers import ResourceIds, resource_ids
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.outcomes import Outcome
from axial.common.recorded import LogSequence
from axial.ingest.metrics import IngestMetrics, Stopwatch
from axial.ingest.spool import Spooled
from axial.ingest.storage_form import StorageForm

log = structlog.get_logger(__name__)
# Asked first: structlog takes ten microseconds to find out that nobody wants a line.
_log_level = logging.getLogger(__name__)

APPEND_WITHIN_SECONDS = 30.0
"""An event is appended at most this long after its blob was put, or never.

Above the 25 s that the log itself tries. Should an append that was given up arrive after all, the fold refuses it
when it is half an hour late, long before the sweeper takes its blob for an orphan
(`IngestSettings.sweep_grace_seconds`): an event can never stand for a blob that was swept.
"""

SOURCE = "axial/ingest"

# Measured on headers of 6 KB: 30 µs, against 37 µs at level 3 for 1 % less and 80 µs at level 6 for 4 %.
_ZSTD_LEVEL = 1
# Room in an event for all but the header: 60 main tags and identifiers of at most 256 bytes
# (`header.MAX_MAIN_TAG_BYTES`), of which JSON may make six times as many; 3 KB is usual.
_ROOM_BYTES = 128 * 1024
# The log tries one append for 5 s. What it refuses before that it has refused at each attempt: an attempt that
# stays unanswered, and may have been stored, lasts the whole 5 s.
_SURELY_REFUSED_SECONDS = 4.0


class Log(Protocol):
    """What is needed of `EventLog`; tests have one that fails."""

    async def append(self, event: Event, envelope: Envelope, reply_to: str = "") -> LogSequence:
        """Make an event durable."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file."""

    ids: ResourceIds
    #: Orthanc's words; `Accepted` when the event is durable and the index has not answered yet.
    status: Literal["Success", "AlreadyStored", "Accepted"]
    sequence: LogSequence


@dataclass(frozen=True, slots=True)
class Claim:
    """What the sender calls an instance, besides what its data set says."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration wants the fold to heed."""

    #: When an instance is there already.
    overwrite: OverwriteMode = "never"
    #: None when anything may be kept.
    limits: StorageLimits | None = None


class Receiver:
    """Takes files in. It decides nothing: whether an instance is new, the fold of the log says."""

    def __init__(
        self,
        blobs: BlobStore,
        form: StorageForm,
        log: Log,
        outcomes: OutcomeInbox,
        max_payload_bytes: Callable[[], int],
        policy: Policy,
        default_encoding: Callable[[], str],
        metrics: IngestMetrics,
    ) -> None:
        self._blobs = blobs
        self._form = form
        self._log = log
        self._outcomes = outcomes
        self._max_payload_bytes = max_payload_bytes
        self._policy = policy
        self._default_encoding = default_encoding
        self._metrics = metrics
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)

    @property
    def may_refuse_later(self) -> bool:
        """Whether there are limits, by which the fold may refuse what is durable already."""
        return self._policy.limits is not None

    async def receive(
        self, file: Spooled, origin: Origin, wait_seconds: float, claim: Claim | None = None
    ) -> Receipt:
        """Keep one file and wait for its outcome; with nothing to wait, answer once it is durable.

        What is limited may still be refused then: whoever takes such an answer for a promise has to wait.

        Raises NotDicom, StorageFull or Unavailable, and Conflict when the file is not what the sender claims;
        then nothing was kept, or the sweeper removes it.
        """
        watch = Stopwatch()
        header, packed = await self._inspect(file)
        if claim is not None and claim != Claim(header.sop_class_uid, header.sop_instance_uid):
            raise Conflict("The data set is not what its sender calls it")
        watch.lap(self._metrics.header)
        envelope = new_envelope(SOURCE)
        with self._outcomes.expect(envelope.id) as pending:
            # Blob first, event second, answer third. A crash before the event leaves an orphan blob, which the
            # sweeper removes; a crash before the answer leaves an instance that the sender will send again and
            # find already stored. Never is there an event without its bytes, or an answer without an event.
            event = await self._store(file, header, packed, origin, envelope)
            watch.lap(self._metrics.blob)
            sequence = await self._append(event, envelope, pending.reply_to if wait_seconds else "")
            watch.lap(self._metrics.append)
            outcome = await pending.wait(wait_seconds) if wait_seconds else None
            watch.lap(self._metrics.projection)
        if _log_level.isEnabledFor(logging.DEBUG):
            log.debug("instance_received", bytes=file.size_bytes, sequence=sequence)
        return self._receipt(header, file.size_bytes, sequence, outcome, late=wait_seconds > 0)

    async def _inspect(self, file: Spooled) -> tuple[Header, bytes]:
        """Read the header; in a thread when it may have to be fetched from disk, or hides more than it shows."""
        charset = ENCODINGS[self._default_encoding()]
        if isinstance(file.body, bytes | bytearray) and not may_be_deflated(file.body):
            header = read_header(file.body, charset)
            return header, self._compressor.compress(header.raw)
        return await asyncio.to_thread(_inspect_in_thread, file, charset)

    async def _store(
        self, file: Spooled, header: Header, packed: bytes, origin: Origin, envelope: Envelope
    ) -> InstanceReceived:
        """Put the bytes, as well as a header too large for an event; return the event that refers to them."""
        name = f"{envelope.time:%Y/%m/%d/%H%M}/{envelope.id}"
        blob_key = f"{name}.dcm"
        header_key = None if self._fits_into_event(packed) else f"{name}.header"
        try:
            if header_key is not None:
                await self._blobs.put(header_key, packed)
            async with self._form.of(file) as kept:
                await self._blobs.put(blob_key, kept.body, md5=kept.md5)
        except StorageFull:
            # Only the header can have found room.
            if header_key is not None:
                await self._forget(blob_key, header_key)
            raise
        return InstanceReceived(
            patient_id=header.patient_id,
            study_instance_uid=header.study_instance_uid,
            series_instance_uid=header.series_instance_uid,
            sop_instance_uid=header.sop_instance_uid,
            sop_class_uid=header.sop_class_uid,
            transfer_syntax_uid=header.transfer_syntax_uid,
            main_dicom_tags=header.main_dicom_tags,
            pixel_data_offset=header.pixel_data_offset,
            pixel_data_vr=header.pixel_data_vr,
            header=packed if header_key is None else None,
            header_blob_key=header_key,
            size_bytes=file.size_bytes,
            md5=file.md5,
            blob_key=blob_key,
            stored_at=datetime.now(UTC),
            origin=origin,
            overwrite=self._policy.overwrite,
            compressed=kept.form,
            limits=self._policy.limits,
        )

    def _fits_into_event(self, packed: bytes) -> bool:
        base64_bytes = (len(packed) + 2) // 3 * 4
        return base64_bytes + _ROOM_BYTES <= self._max_payload_bytes()

    async def _append(
        self, event: InstanceReceived, envelope: Envelope, reply_to: str
    ) -> LogSequence:
        started = time.monotonic()
        try:
            async with asyncio.timeout(APPEND_WITHIN_SECONDS):
                return await self._log.append(event, envelope, reply_to)
        except TimeoutError as error:
            raise Unavailable("The event log is not available at the moment.") from error
        except StorageFull:
            if time.monotonic() - started < _SURELY_REFUSED_SECONDS:
                await self._forget(event.blob_key, event.header_blob_key)
            raise

    async def _forget(self, blob_key: str, header_key: str | None) -> None:
        """Remove the blobs of an event that surely was not stored; what cannot be removed, is swept."""
        with suppress(AxialError):
            await self._blobs.delete(blob_key)
            if header_key is not None:
                await self._blobs.delete(header_key)

    def _receipt(
        self,
        header: Header,
        size_bytes: int,
        sequence: LogSequence,
        outcome: Outcome | None,
        *,
        late: bool,
    ) -> Receipt:
        ids = resource_ids(
            header.patient_id,
            header.study_instance_uid,
            header.series_instance_uid,
            header.sop_instance_uid,
        )
        self._metrics.received_bytes.inc(size_bytes)
        if outcome is None:
            self._metrics.instances["accepted"].inc()
            if late:
                self._metrics.late_outcomes.inc()
            return Receipt(ids, "Accepted", sequence)
        self._metrics.instances[outcome.decision].inc()
        if outcome.decision == "expired":
            raise Unavailable("The event log took too long.")
        if outcome.decision == "full":
            raise StorageFull
        if outcome.decision == "already_stored":
            return Receipt(ids, "AlreadyStored", sequence)
        return Receipt(ids, "Success", sequence)


def _inspect_in_thread(file: Spooled, charset: Charset) -> tuple[Header, bytes]:
    header = read_header(file.body, charset)
    # A compressor of its own: the shared one must not be used by two threads.
    return header, zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(header.raw)
