"""The facts the log is made of: the contract between the services.

A type is `noun.verb` in the past tense. Additive changes keep the version; any other change is a new
version with one upcaster in `upcasters`. Every version ever written has a golden file in the tests.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from axial.common.identifiers import Level, ResourceId, ResourceIds, resource_ids
from axial.common.modalities import Modality

Md5 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
OverwriteMode = Literal["never", "always", "if_changed"]
#: What can be changed while Axial runs, by the last word of Orthanc's paths.
SettingName = Literal[
    "accepted-transfer-syntaxes",
    "default-encoding",
    "log-level",
    "log-level-dicom",
    "log-level-generic",
    "log-level-http",
    "log-level-jobs",
    "log-level-lua",
    "log-level-plugins",
    "log-level-sqlite",
    "metrics",
    "unknown-sop-class-accepted",
]
#: What is wrong with a blob: it is not there; it is, and is not what was stored; it cannot be read, though others can.
Damage = Literal["missing", "corrupted", "unreadable"]


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


class CompressedForm(BaseModel):
    """How bytes are kept when they are kept in Orthanc's compressed form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Of the blob.
    size_bytes: int
    md5: Md5


class StorageLimits(BaseModel):
    """How much may be kept: Orthanc's `MaximumStorageSize`, `MaximumPatientCount` and `MaximumStorageMode`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Of all files, in the forms in which they are kept; 0 for any number.
    maximum_bytes: int = 0
    #: 0 for any number.
    maximum_patients: int = 0
    mode: Literal["recycle", "reject"] = "recycle"


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
    #: None when the blob is the file itself.
    compressed: CompressedForm | None = None
    #: What may be kept with it, as the configuration was then; None for everything.
    limits: StorageLimits | None = None

    @property
    def kept_bytes(self) -> int:
        """What the file takes in the form in which it is kept."""
        return self.size_bytes if self.compressed is None else self.compressed.size_bytes

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

    #: None when the sender does not know it (`/tools/bulk-delete`): whatever it is.
    level: Level | None = None
    resource_id: ResourceId
    #: How long what went can come back: `DeletionGrace`, as it was then; 0 when it cannot.
    grace_seconds: Annotated[int, Field(ge=0)] = 0
    #: Only if it is an instance of this file still; None for whatever it is.
    if_md5: Md5 | None = None
    #: Whether what belongs to a protected patient stays.
    spares_protected: bool = False
    remote_ip: str = ""
    http_username: str = ""


class TrashRestoreRequested(Event):
    """Somebody asked for what a deletion with grace took; whether it can still come back, the fold decides."""

    type: ClassVar[str] = "trash.restore_requested"
    version: ClassVar[int] = 1

    #: By the log's number of its event.
    deletion: Annotated[int, Field(ge=1)]
    #: What may be kept with it, as the configuration was then; None for everything.
    limits: StorageLimits | None = None
    remote_ip: str = ""
    http_username: str = ""


class TrashEmptied(Event):
    """What a deletion with grace took is to go for good; the clock is believed once the log's own time agrees."""

    type: ClassVar[str] = "trash.emptied"
    version: ClassVar[int] = 1

    deletion: Annotated[int, Field(ge=1)]
    by: Literal["clock", "user"]
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


class ResourceExported(Event):
    """A resource was sent to somebody else; who the patient is, the fold knows."""

    type: ClassVar[str] = "resource.exported"
    version: ClassVar[int] = 1

    level: Level
    resource_id: ResourceId
    #: Who got it, by the name in the configuration or else by its AE title.
    remote_modality: str


class ExportsCleared(Event):
    """Somebody emptied the log of exports (`DELETE /exports`); its numbering goes on."""

    type: ClassVar[str] = "exports.cleared"
    version: ClassVar[int] = 1

    remote_ip: str = ""
    http_username: str = ""


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


class SettingChanged(Event):
    """Somebody changed, for all processes, what the configuration says until then."""

    type: ClassVar[str] = "setting.changed"
    version: ClassVar[int] = 1

    name: SettingName
    #: A Boolean, a word, or a list of UIDs, as the setting is.
    value: bool | str | tuple[str, ...]
    remote_ip: str = ""
    http_username: str = ""

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        """Refuse a value that the setting cannot have."""
        match self.name:
            case "metrics" | "unknown-sop-class-accepted":
                fits = isinstance(self.value, bool)
            case "accepted-transfer-syntaxes":
                fits = isinstance(self.value, tuple)
            case "default-encoding":
                fits = isinstance(self.value, str)
            case _:
                fits = self.value in ("default", "verbose", "trace")
        if not fits:
            raise ValueError(f"not a value of {self.name}")
        return self


class ModalityChanged(Event):
    """Somebody told, for all processes, who a remote modality is, or that there is none of this name any more."""

    type: ClassVar[str] = "modality.changed"
    version: ClassVar[int] = 1

    #: Under which it is found in `/modalities`.
    name: Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$")]
    #: None when it was deleted.
    modality: Modality | None
    remote_ip: str = ""
    http_username: str = ""


class AnnotationRequested(Event):
    """What is common to requests to change something that users attach to a resource; the fold decides."""

    level: Level
    resource_id: ResourceId
    remote_ip: str = ""
    http_username: str = ""


class RevisionedRequested(AnnotationRequested):
    """A request about something that has revisions (orthanc-rest.md, C.7)."""

    #: Its number, as in the configuration's `UserMetadata` or `UserContentType`: 1024 to 65535.
    number: Annotated[int, Field(ge=1024, le=65535)]
    #: The revision that the sender believes it has; None when the sender does not say.
    if_revision: int | None = None
    #: And the MD5; None when the sender names the revision alone.
    if_md5: Md5 | None = None
    #: Whether to refuse a sender who does not say: Orthanc's `CheckRevisions`, as it was then.
    check_revisions: bool = False


class MetadataWriteRequested(RevisionedRequested):
    """Somebody asked to write a metadata of a resource."""

    type: ClassVar[str] = "metadata.write_requested"
    version: ClassVar[int] = 2

    #: Nearly always text; Orthanc takes any bytes.
    value: bytes


class MetadataDeletionRequested(RevisionedRequested):
    """Somebody asked to remove a metadata of a resource."""

    type: ClassVar[str] = "metadata.deletion_requested"
    version: ClassVar[int] = 1


class AttachmentWriteRequested(RevisionedRequested):
    """Somebody asked to attach bytes to a resource; they are durable."""

    type: ClassVar[str] = "attachment.write_requested"
    version: ClassVar[int] = 1

    blob_key: str
    size_bytes: int
    md5: Md5
    #: When the bytes were durable, by ingest's clock: an event recorded much later comes too late.
    stored_at: datetime
    #: None when the blob has the bytes themselves.
    compressed: CompressedForm | None = None


class AttachmentDeletionRequested(RevisionedRequested):
    """Somebody asked to remove an attachment of a resource."""

    type: ClassVar[str] = "attachment.deletion_requested"
    version: ClassVar[int] = 1


class AttachmentCompressionChangeRequested(AnnotationRequested):
    """Somebody asked to keep an attachment, or an instance's own file, in another form; it is durable in that form.

    Its content stays the same.
    """

    type: ClassVar[str] = "attachment.compression_change_requested"
    version: ClassVar[int] = 1

    #: As in the configuration's `UserContentType`; 1 is the file of an instance.
    number: Annotated[int, Field(ge=1, le=65535)]
    #: The blob that was read: when the file has another by now, this request is about nothing.
    from_blob_key: str
    blob_key: str
    #: Whether the new blob is in Orthanc's compressed form; else it is the file itself.
    is_compressed: bool
    #: Of the new blob.
    stored_size_bytes: int
    stored_md5: Md5
    #: When the bytes were durable, by ingest's clock: an event recorded much later comes too late.
    stored_at: datetime


class LabelChangeRequested(AnnotationRequested):
    """Somebody asked to put a label on a resource, or to take it off."""

    type: ClassVar[str] = "label.change_requested"
    version: ClassVar[int] = 1

    label: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    present: bool


class ProtectionChangeRequested(AnnotationRequested):
    """Somebody asked to protect a patient from being recycled, or not to."""

    type: ClassVar[str] = "protection.change_requested"
    version: ClassVar[int] = 1

    is_protected: bool


class BlobFound(Event):
    """What is common to what the scrub tells of a blob that a file is kept in."""

    level: Level
    resource_id: ResourceId
    #: Of the attachment, as in the configuration's `UserContentType`; of an instance, 1 is the file, and 3 its header,
    #: where that has a blob of its own.
    number: Annotated[int, Field(ge=1, le=65535)]
    #: When the file has another by now, this is about nothing.
    blob_key: str


class BlobFoundDamaged(BlobFound):
    """A blob was read, or could not be, and is not what was stored; whether that is news, the fold decides."""

    type: ClassVar[str] = "blob.found_damaged"
    version: ClassVar[int] = 1

    damage: Damage


class BlobFoundSound(BlobFound):
    """A blob that had been found damaged is whole again: somebody has restored it."""

    type: ClassVar[str] = "blob.found_sound"
    version: ClassVar[int] = 1


AnyEvent = (
    InstanceReceived
    | ResourceDeletionRequested
    | TrashRestoreRequested
    | TrashEmptied
    | ResourceStabilized
    | ResourceExported
    | ExportsCleared
    | ChangesCleared
    | TimePassed
    | SettingChanged
    | ModalityChanged
    | MetadataWriteRequested
    | MetadataDeletionRequested
    | AttachmentWriteRequested
    | AttachmentDeletionRequested
    | AttachmentCompressionChangeRequested
    | LabelChangeRequested
    | ProtectionChangeRequested
    | BlobFoundDamaged
    | BlobFoundSound
)

EVENT_TYPES: tuple[type[Event], ...] = (
    InstanceReceived,
    ResourceDeletionRequested,
    TrashRestoreRequested,
    TrashEmptied,
    ResourceStabilized,
    ResourceExported,
    ExportsCleared,
    ChangesCleared,
    TimePassed,
    SettingChanged,
    ModalityChanged,
    MetadataWriteRequested,
    MetadataDeletionRequested,
    AttachmentWriteRequested,
    AttachmentDeletionRequested,
    AttachmentCompressionChangeRequested,
    LabelChangeRequested,
    ProtectionChangeRequested,
    BlobFoundDamaged,
    BlobFoundSound,
)
