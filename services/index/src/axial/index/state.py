"""What the fold works on: the resources a batch touches, as values."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from axial.common.events import Damage
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks


class ChangeType(IntEnum):
    """Orthanc's ChangeType numbers (orthanc-rest.md, C.2); Deleted is stored here, and only shown on request."""

    COMPLETED_SERIES = 1
    NEW_INSTANCE = 2
    NEW_PATIENT = 3
    NEW_SERIES = 4
    NEW_STUDY = 5
    STABLE_PATIENT = 12
    STABLE_STUDY = 13
    STABLE_SERIES = 14
    UPDATED_ATTACHMENT = 15
    UPDATED_METADATA = 16
    DELETED = 4096


NEW_RESOURCE = {
    Level.PATIENT: ChangeType.NEW_PATIENT,
    Level.STUDY: ChangeType.NEW_STUDY,
    Level.SERIES: ChangeType.NEW_SERIES,
    Level.INSTANCE: ChangeType.NEW_INSTANCE,
}

STABLE_RESOURCE = {
    Level.PATIENT: ChangeType.STABLE_PATIENT,
    Level.STUDY: ChangeType.STABLE_STUDY,
    Level.SERIES: ChangeType.STABLE_SERIES,
}


class Action(IntEnum):
    """The Azure feed's actions, by their stored numbers (azure-changefeed.md, A.5)."""

    CREATE = 0
    DELETE = 1
    UPDATE = 2


@dataclass(slots=True)
class Position:
    """Where the fold stands: the last event, and the last number and time given in each feed."""

    log_sequence: LogSequence
    change_sequence: int
    instance_sequence: int
    ticks: Ticks
    #: Changes up to this number were cleared from Orthanc's view.
    cleared_sequence: int = 0


@dataclass(slots=True)
class Totals:
    """How many resources, and how many bytes, came or went."""

    patients: int = 0
    studies: int = 0
    series: int = 0
    instances: int = 0
    #: Of the instances' files, and what these take on disk. Those of attachments are summed where they are written.
    size_bytes: int = 0
    disk_size_bytes: int = 0

    def count(self, level: Level, by: int) -> None:
        """Add to the number of resources at one level."""
        match level:
            case Level.PATIENT:
                self.patients += by
            case Level.STUDY:
                self.studies += by
            case Level.SERIES:
                self.series += by
            case Level.INSTANCE:
                self.instances += by


@dataclass(slots=True)
class Resource:
    """A patient, study, series or instance."""

    id: ResourceId
    level: Level
    parent_id: ResourceId | None
    #: The change that created it.
    created_sequence: int
    #: JSON text, keyword to value.
    main_dicom_tags: str
    child_count: int
    updated_ticks: Ticks
    #: When the last instance reached it.
    arrived_ticks: Ticks
    #: Whether it was found quiet since then; an instance itself always is.
    is_stable: bool
    #: How many instances a series promises; None when it does not, and at the other levels.
    expected_instances: int | None = None
    #: How many of the places 1 to `expected_instances` are taken.
    distinct_indexes: int = 0
    #: Of the study it belongs to; empty for a patient.
    study_instance_uid: str = ""
    #: Modality of the instances that have reached it: sorted, joined by backslashes as DICOM does.
    modalities: str = ""
    #: AE titles that have sent them, in the same form.
    aets: str = ""
    #: The newest row of Orthanc's view that tells of it; 0 while there is none.
    newest_change: int = 0
    #: A patient that must not be recycled.
    is_protected: bool = False
    #: The event by which a patient became the newest, and so the last to be recycled; 0 at the other levels.
    recycling_sequence: int = 0


@dataclass(frozen=True, slots=True)
class Findable:
    """The tags of a patient, study or series in the form in which they are compared; as it was created."""

    id: ResourceId
    level: Level
    parent_id: ResourceId | None
    created_sequence: int
    #: JSON text, keyword to value.
    tags: str


@dataclass(frozen=True, slots=True)
class Instance:
    """What only an instance has."""

    id: ResourceId
    series_id: ResourceId
    #: The row of `instance_changes` that brought these bytes.
    version: int
    event_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    index_in_series: int | None
    pixel_data_offset: int | None
    pixel_data_vr: str | None
    size_bytes: int
    md5: str
    blob_key: str
    header_blob_key: str | None
    received_ticks: Ticks
    protocol: str
    remote_ip: str
    remote_aet: str
    called_aet: str
    http_username: str
    #: How often the file was put in another form.
    file_revision: int = 0
    #: The event that brought the present blob; None while it is that of `event_id`.
    file_event_id: str | None = None
    #: Of the blob when it is compressed; None when it is the file itself.
    compressed_size_bytes: int | None = None
    compressed_md5: str | None = None

    @property
    def disk_size_bytes(self) -> int:
        """What the file takes in the form in which it is kept."""
        compressed = self.compressed_size_bytes
        return self.size_bytes if compressed is None else compressed


@dataclass(frozen=True, slots=True)
class Change:
    """A row of Orthanc's view."""

    sequence: int
    change_type: ChangeType
    level: Level
    resource_id: ResourceId
    ticks: Ticks
    log_sequence: LogSequence
    #: The row before of the same resource, since it was created.
    previous_sequence: int | None
    #: The row of Azure's view that tells of the same fact.
    instance_sequence: int | None
    study_id: ResourceId | None
    study_instance_uid: str | None
    modalities: str
    aets: str


@dataclass(frozen=True, slots=True)
class InstanceChange:
    """A row of Azure's view."""

    sequence: int
    action: Action
    instance_id: ResourceId
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    ticks: Ticks
    change_sequence: int
    log_sequence: LogSequence


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data set of a present instance, or where it stands."""

    instance_id: ResourceId
    version: int
    header: bytes | None
    header_blob_key: str | None


#: What users attach to a resource is named by the resource and a number.
AnnotationKey: TypeAlias = tuple[ResourceId, int]


@dataclass(frozen=True, slots=True)
class Metadatum:
    """A metadata of a resource: nearly always text, though Orthanc takes any bytes from users."""

    value: bytes
    revision: int

    @property
    def text(self) -> str:
        """Show it as text; bytes that are none are replaced, as Orthanc's JSON does."""
        return self.value.decode("utf-8", "replace")

    @property
    def searchable(self) -> str:
        """Give the text that queries are compared with: Postgres keeps no NUL in one."""
        return self.text.replace("\0", "")


@dataclass(frozen=True, slots=True)
class Attachment:
    """Bytes that a user attached to a resource."""

    revision: int
    #: The event that brought the bytes.
    event_id: str
    blob_key: str
    size_bytes: int
    md5: str
    #: These three as an instance has them.
    file_event_id: str | None = None
    compressed_size_bytes: int | None = None
    compressed_md5: str | None = None

    @property
    def disk_size_bytes(self) -> int:
        """What the bytes take in the form in which they are kept."""
        compressed = self.compressed_size_bytes
        return self.size_bytes if compressed is None else compressed


@dataclass(frozen=True, slots=True)
class Damaged:
    """A blob that is not what was stored, and the file that is kept in it."""

    blob_key: str
    level: Level
    resource_id: ResourceId
    #: As among the attachments: 1 is the file of an instance, 3 its header.
    number: int
    damage: Damage
    since_ticks: Ticks


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion with grace: what it took stands in the trash."""

    #: The number of its event in the log.
    deletion: LogSequence
    level: Level
    resource_id: ResourceId
    deleted_ticks: Ticks
    #: From when on the clock may empty it.
    until_ticks: Ticks
    instances: int
    #: Of all files, those of attachments too.
    disk_size_bytes: int


@dataclass(frozen=True, slots=True)
class Trashed:
    """What stands in the trash of one deletion, as it was; but for the data sets, which only Postgres moves."""

    deletion: Deletion
    #: What went, and the ancestors that stayed, which may have gone since. In the order of their creation.
    resources: dict[ResourceId, Resource] = field(default_factory=dict)
    stayed: frozenset[ResourceId] = frozenset()
    findable: dict[ResourceId, Findable] = field(default_factory=dict)
    instances: dict[ResourceId, Instance] = field(default_factory=dict)
    #: What was attached to what went.
    metadata: dict[AnnotationKey, Metadatum] = field(default_factory=dict)
    attachments: dict[AnnotationKey, Attachment] = field(default_factory=dict)
    labels: tuple[tuple[ResourceId, str], ...] = ()

    @property
    def patient(self) -> ResourceId:
        """Whose it all is."""
        return next(r.id for r in self.resources.values() if r.level is Level.PATIENT)


@dataclass(frozen=True, slots=True)
class Trashing:
    """What a deletion with grace takes to the trash: as the tables have it, before the batch is written."""

    deletion: Deletion
    went: tuple[ResourceId, ...]
    #: The ancestors that stay; without them, what went could not come back once they are gone as well.
    stayed: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the archive is."""

    #: Of all files, those of attachments too.
    disk_bytes: int
    patients: int


@dataclass(slots=True)
class ExportsPosition:
    """The last number given in the log of exports, and the last one that was cleared from it."""

    sequence: int
    cleared_sequence: int


@dataclass(frozen=True, slots=True)
class Export:
    """A row of Orthanc's log of exports: what was sent to whom; who the patient is stays known without the resource."""

    sequence: int
    level: Level
    resource_id: ResourceId
    remote_modality: str
    ticks: Ticks
    patient_id: str
    #: Of the levels down to the resource's own; empty below.
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(slots=True)
class State:
    """What a batch may see. Everything its events name, with ancestors, is loaded beforehand.

    For a deletion, all descendants are loaded too. A resource that is absent here does not exist.
    """

    position: Position
    resources: dict[ResourceId, Resource] = field(default_factory=dict)
    instances: dict[ResourceId, Instance] = field(default_factory=dict)
    #: The loaded children of each resource, in the order of their creation.
    children: dict[ResourceId, dict[ResourceId, None]] = field(default_factory=dict)
    #: How many instances of a series that promises a number claim one place in it.
    index_counts: dict[tuple[ResourceId, int], int] = field(default_factory=dict)
    #: Of the metadata and attachments that the batch names, those that exist.
    metadata: dict[AnnotationKey, Metadatum] = field(default_factory=dict)
    attachments: dict[AnnotationKey, Attachment] = field(default_factory=dict)
    #: Loaded when the batch tells of exports.
    exports: ExportsPosition = field(default_factory=lambda: ExportsPosition(0, 0))
    #: By key, those of the blobs that the batch tells of which are damaged.
    damaged: dict[str, Damaged] = field(default_factory=dict)
    #: What the deletion took that the batch's only event is about; None when nothing of it is in the trash.
    trashed: Trashed | None = None
    #: How full the archive was before the batch. Loaded when something in it is limited, with the attachments of all
    #: resources.
    usage: Usage | None = None
    #: The patients of whom all is loaded, so that they may go to make room.
    recyclable: dict[ResourceId, None] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        """Put a resource in, below its parent."""
        self.resources[resource.id] = resource
        if resource.parent_id is not None:
            self.children.setdefault(resource.parent_id, {})[resource.id] = None

    def remove(self, resource: Resource) -> None:
        """Take a resource out; its children must be gone already."""
        del self.resources[resource.id]
        self.children.pop(resource.id, None)
        if resource.parent_id is not None:
            self.children.get(resource.parent_id, {}).pop(resource.id, None)


@dataclass(slots=True)
class Effects:
    """What a folded batch leaves to be written, in one transaction."""

    totals: Totals = field(default_factory=Totals)
    changes: list[Change] = field(default_factory=list)
    instance_changes: list[InstanceChange] = field(default_factory=list)
    #: Resources to write as the state has them, or to remove when it has them no more.
    touched: dict[ResourceId, None] = field(default_factory=dict)
    findable: dict[ResourceId, Findable] = field(default_factory=dict)
    instances: dict[ResourceId, Instance] = field(default_factory=dict)
    datasets: dict[ResourceId, Dataset] = field(default_factory=dict)
    garbage: list[tuple[str, LogSequence]] = field(default_factory=list)
    #: Changes of this batch that Orthanc's clients never see, since their resource went within it; with the
    #: event that took it.
    hidden: dict[int, LogSequence] = field(default_factory=dict)
    #: The newest earlier change of each resource that went, and the event that took it: that change and those
    #: before it are to be hidden.
    hidden_chains: list[tuple[int, LogSequence]] = field(default_factory=list)
    #: Metadata and attachments to write, or to remove when None.
    metadata: dict[AnnotationKey, Metadatum | None] = field(default_factory=dict)
    attachments: dict[AnnotationKey, Attachment | None] = field(default_factory=dict)
    #: Labels to put on, or to take off when False.
    labels: dict[tuple[ResourceId, str], bool] = field(default_factory=dict)
    #: Resources that went, though some may have come again: what was attached to them before this batch goes with
    #: them, but for what stands above. With the event that took them.
    stripped: dict[ResourceId, LogSequence] = field(default_factory=dict)
    exports: list[Export] = field(default_factory=list)
    #: By how much the attachments that the batch knows of grew on disk; written with them, not here.
    attached_disk_bytes: int = 0
    #: By key, blobs that are damaged, or no longer when None. Those of `garbage` are forgotten anyway.
    damaged: dict[str, Damaged | None] = field(default_factory=dict)
    #: Where the log of exports stands behind this batch; None when it is not concerned.
    exports_position: ExportsPosition | None = None
    #: Each of these three is the only thing that its batch does: to the trash, back from it, and out of it for good.
    trashing: Trashing | None = None
    restored: LogSequence | None = None
    emptied: LogSequence | None = None

    @property
    def annotate(self) -> bool:
        """Whether anything that users attach to resources is concerned."""
        return bool(self.metadata or self.attachments or self.labels or self.stripped)

    @property
    def moves_trash(self) -> bool:
        """Whether anything goes to the trash, or leaves it."""
        return any(moved is not None for moved in (self.trashing, self.restored, self.emptied))

    def visible(self) -> list[int]:
        """List the changes of this batch that Orthanc's clients see."""
        return [
            change.sequence
            for change in self.changes
            if change.change_type is not ChangeType.DELETED and change.sequence not in self.hidden
        ]
