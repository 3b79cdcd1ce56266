"""What the feeds tell of one change, whoever they tell it to."""

from dataclasses import dataclass

from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks


@dataclass(frozen=True, slots=True)
class InstanceFact:
    """The row of Azure's feed that tells of the same fact."""

    #: Azure's `Sequence`.
    sequence: int
    action: Action
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One change of a patient, study, series or instance. Once written, it never becomes another."""

    #: Orthanc's `Seq`: gapless, in the order of the commits.
    sequence: int
    change_type: ChangeType
    level: Level
    resource_id: ResourceId
    ticks: Ticks
    #: The event of the log that caused it.
    log_sequence: LogSequence
    #: None for a patient.
    study_id: ResourceId | None
    study_instance_uid: str | None
    #: Modality (0008,0060) of the instances that had reached the resource, sorted.
    modalities: tuple[str, ...]
    #: AE titles that had sent them, sorted.
    aets: tuple[str, ...]
    #: None unless an instance was created, updated or deleted.
    instance: InstanceFact | None
