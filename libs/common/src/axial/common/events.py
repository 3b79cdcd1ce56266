"""The facts the log is made of: the contract between the services.

A type is `noun.verb` in the past tense. Additive changes keep the version; any other change is a new
version with one upcaster in `upcasters`. Every version ever written has a golden file in the tests.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from axial.common.identifiers import Level, ResourceId, ResourceIds, resource_ids

Md5 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
OverwriteMode = Literal["never", "always", "if_changed"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The CloudEvents 1.0 attributes of one event; no patient data."""

    id: str
    #: The service that recorded it, as a CloudEvents source.
    source: str
    #: When the service recorded it, by its own clock. The feeds use the log's clock instead.
    time: datetime


class Event(BaseModel):
    """A fact. Subclasses are flat, frozen, and refuse unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    type: ClassVar[str]
    version: ClassVar[int]


class Origin(BaseModel):
    """Where an instance came from, in the terms of Orthanc's core metadata."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Orthanc's `Origin`: RestApi or DicomProtocol.
    protocol: Literal["RestApi", "DicomProtocol"]
    remote_ip: str = ""
    remote_aet: str = ""
    called_aet: str = ""
    http_username: str = ""


class InstanceReceived(Event):
    """A DICOM instance arrived and its bytes are durable; whether it is new, the fold decides."""

    type: ClassVar[str] = "instance.received"
    version: ClassVar[int] = 1

    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    #: Keyword to value, for the main DICOM tags of all four levels.
    main_dicom_tags: dict[str, str]
    #: Offset of the pixel data element in the file, in bytes; None when there is none.
    pixel_data_offset: int | None
    pixel_data_vr: str | None
    #: The file up to the pixel data, zstd-compressed; None when it stands in a blob of its own.
    header: bytes | None
    header_blob_key: str | None = None
    size_bytes: int
    md5: Md5
    blob_key: str
    #: When the bytes were durable, by ingest's clock: an event recorded much later comes too late.
    stored_at: datetime
    origin: Origin
    #: What to do when the instance is there already: Orthanc's `OverwriteInstances`, as it was then.
    overwrite: OverwriteMode

    def resource_ids(self) -> ResourceIds:
        """Name the instance and its ancestors."""
        return resource_ids(
            self.patient_id,
            self.study_instance_uid,
            self.series_instance_uid,
            self.sop_instance_uid,
        )


class ResourceDeletionRequested(Event):
    """Somebody asked to delete a resource; whether it existed, the fold decides."""

    type: ClassVar[str] = "resource.deletion_requested"
    version: ClassVar[int] = 1

    level: Level
    resource_id: ResourceId
    remote_ip: str = ""
    http_username: str = ""


class ResourceStabilized(Event):
    """No instance has reached a patient, study or series for `StableAge`; whether that is news, the fold decides."""

    type: ClassVar[str] = "resource.stabilized"
    version: ClassVar[int] = 1

    level: Level
    resource_id: ResourceId
    #: When the last instance had reached it, in ticks: what it stands for is one quiet period.
    arrived_ticks: int


class ChangesCleared(Event):
    """Somebody emptied Orthanc's view of the changes (`DELETE /changes`); the history itself stays."""

    type: ClassVar[str] = "changes.cleared"
    version: ClassVar[int] = 1

    remote_ip: str = ""
    http_username: str = ""


class TimePassed(Event):
    """Nothing has happened for a while: everything up to the time of this event has been told."""

    type: ClassVar[str] = "time.passed"
    version: ClassVar[int] = 1


AnyEvent = (
    InstanceReceived | ResourceDeletionRequested | ResourceStabilized | ChangesCleared | TimePassed
)

EVENT_TYPES: tuple[type[Event], ...] = (
    InstanceReceived,
    ResourceDeletionRequested,
    ResourceStabilized,
    ChangesCleared,
    TimePassed,
)
