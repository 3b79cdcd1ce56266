"""An instance that was received, as it comes into the tables. Pure."""

from axial.common.events import InstanceReceived
from axial.common.identifiers import Level, ResourceId, ResourceIds
from axial.common.ticks import Ticks
from axial.index.series_status import expected_instances, index_in_series
from axial.index.state import Findable, Instance, Resource
from axial.index.tag_rows import findable_tags, main_tags


class Received:
    """A newcomer, told by the event that brought it."""

    def __init__(self, event: InstanceReceived, event_id: str, ids: ResourceIds) -> None:
        self.ids = ids
        self._event = event
        self._event_id = event_id

    @property
    def uids(self) -> tuple[str, str, str]:
        """Its study's, its series' and its own."""
        event = self._event
        return event.study_instance_uid, event.series_instance_uid, event.sop_instance_uid

    @property
    def modality(self) -> str:
        """What it adds to its ancestors' modalities."""
        return self._event.main_dicom_tags.get("Modality", "")

    @property
    def aet(self) -> str:
        """What it adds to the AE titles that have sent to its ancestors."""
        return self._event.origin.remote_aet

    def resource(self, level: Level, number: int, moment: Ticks) -> Resource:
        """Make the resource at one level, which the change of this number creates."""
        event = self._event
        return Resource(
            id=self.ids.at(level),
            level=level,
            parent_id=self._parent(level),
            created_sequence=number,
            main_dicom_tags=main_tags(level, event.main_dicom_tags),
            child_count=0,
            updated_ticks=moment,
            arrived_ticks=moment,
            is_stable=level is Level.INSTANCE,
            expected_instances=expected_instances(event.main_dicom_tags)
            if level is Level.SERIES
            else None,
            study_instance_uid="" if level is Level.PATIENT else event.study_instance_uid,
        )

    def findable(self, level: Level, number: int) -> Findable:
        """Make what of it is found, at the levels above the instance."""
        return Findable(
            id=self.ids.at(level),
            level=level,
            parent_id=self._parent(level),
            created_sequence=number,
            tags=findable_tags(level, self._event.main_dicom_tags),
        )

    def instance(self, version: int, moment: Ticks) -> Instance:
        """Make what only an instance has."""
        event = self._event
        return Instance(
            id=self.ids.instance,
            series_id=self.ids.series,
            version=version,
            event_id=self._event_id,
            study_instance_uid=event.study_instance_uid,
            series_instance_uid=event.series_instance_uid,
            sop_instance_uid=event.sop_instance_uid,
            sop_class_uid=event.sop_class_uid,
            transfer_syntax_uid=event.transfer_syntax_uid,
            index_in_series=index_in_series(event.main_dicom_tags),
            pixel_data_offset=event.pixel_data_offset,
            pixel_data_vr=event.pixel_data_vr,
            size_bytes=event.size_bytes,
            md5=event.md5,
            blob_key=event.blob_key,
            header_blob_key=event.header_blob_key,
            received_ticks=moment,
            protocol=event.origin.protocol,
            remote_ip=event.origin.remote_ip,
            remote_aet=event.origin.remote_aet,
            called_aet=event.origin.called_aet,
            http_username=event.origin.http_username,
            compressed_size_bytes=event.compressed.size_bytes if event.compressed else None,
            compressed_md5=event.compressed.md5 if event.compressed else None,
        )

    def _parent(self, level: Level) -> ResourceId | None:
        parent = level.parent
        return self.ids.at(parent) if parent else None
