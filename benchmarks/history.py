"""A log to replay: events as ingest appends them, for files that nobody has to store."""

import asyncio
import hashlib
from datetime import UTC, datetime

import zstandard
from support.dicoms import SMALL_PIXELS, DicomMaker

from axial.common.event_log import EventLog, new_envelope
from axial.common.events import InstanceReceived, Origin
from axial.common.header import read_header
from benchmarks.uploads import PER_SERIES

# Ingest's own level.
_ZSTD_LEVEL = 1
# As many appends as keep the server busy; each is acknowledged.
_APPENDS_AT_ONCE = 256


async def append_history(log: EventLog, instances: int) -> None:
    """Append one event an instance: 100 to a series, 200 to a study, 400 to a patient."""
    events = _Events()
    for first in range(0, instances, _APPENDS_AT_ONCE):
        batch = [events.make(n) for n in range(first, min(first + _APPENDS_AT_ONCE, instances))]
        # Tasks publish in the order in which they were made, over one connection: so the log has it too.
        await asyncio.gather(*(log.append(event, new_envelope("axial/bench")) for event in batch))


class _Events:
    """Makes the events of a run."""

    def __init__(self) -> None:
        self._maker = DicomMaker(SMALL_PIXELS, per_series=PER_SERIES)
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)

    def make(self, serial: int) -> InstanceReceived:
        """Tell of the file with this serial number, as if it had just been stored."""
        file = self._maker.make(serial)
        header = read_header(file.body)
        stored_at = datetime.now(UTC)
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
            header=self._compressor.compress(header.raw),
            size_bytes=len(file.body),
            md5=hashlib.md5(file.body, usedforsecurity=False).hexdigest(),
            blob_key=f"{stored_at:%Y/%m/%d/%H%M}/{serial:032x}.dcm",
            stored_at=stored_at,
            origin=Origin(protocol="RestApi", remote_ip="127.0.0.1"),
            overwrite="never",
        )
