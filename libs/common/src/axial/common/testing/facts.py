"""Made-up facts for tests, complete enough for the real fold."""

import hashlib
from datetime import UTC, datetime

import zstandard

from axial.common.events import Envelope, Event, InstanceReceived, Origin, OverwriteMode
from axial.common.recorded import LogSequence, Recorded
from axial.common.ticks import Ticks


def instance_received(
    patient: str = "P",
    study: str = "1",
    series: str = "1.1",
    instance: str = "1.1.1",
    *,
    content: str = "first",
    overwrite: OverwriteMode = "never",
    number: str = "1",
    stored_at: datetime | None = None,
    **tags: str,
) -> InstanceReceived:
    """Tell of an instance; `content` stands for its bytes, and gives it its MD5 and its blob's key."""
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    return InstanceReceived(
        patient_id=patient,
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=instance,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        main_dicom_tags={
            "PatientID": patient,
            "StudyInstanceUID": study,
            "SeriesInstanceUID": series,
            "SOPInstanceUID": instance,
            "InstanceNumber": number,
            "Modality": "CT",
            **tags,
        },
        pixel_data_offset=1024,
        pixel_data_vr="OW",
        header=zstandard.compress(b"header of " + content.encode()),
        size_bytes=len(content),
        md5=digest,
        blob_key=f"2026/11/20/2358/{instance}-{digest}.dcm",
        # Never too late, whether a test's log counts from 1970 or tells the time of day.
        stored_at=datetime(2100, 1, 1, tzinfo=UTC) if stored_at is None else stored_at,
        origin=Origin(protocol="RestApi", remote_ip="127.0.0.1"),
        overwrite=overwrite,
    )


def recorded(event: Event, sequence: int, ticks: int | None = None) -> Recorded:
    """Record an event as the log would, at one tick a sequence unless told otherwise."""
    return Recorded(
        sequence=LogSequence(sequence),
        ticks=Ticks(1_000 + sequence if ticks is None else ticks),
        envelope=Envelope(
            id=f"{sequence:032x}",
            source="axial/ingest",
            time=datetime(2026, 11, 20, 23, 58, tzinfo=UTC),
        ),
        event=event,  # type: ignore[arg-type]
    )
