"""What users attached to resources, and what is known of these by itself, read from the projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from axial.common.annotation_names import CoreMetadata
from axial.common.attributes import MAIN_DICOM_TAGS, format_tag
from axial.common.blobs import StoredBlob
from axial.common.blobs.checking import Known
from axial.common.errors import NotFound
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.common.ticks import Ticks, orthanc_date
from axial.index.state import Metadatum


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """Bytes that belong to a resource, and where they are."""

    number: int
    revision: int
    #: The event that brought the blob.
    event_id: UUID
    blob_key: str
    size_bytes: int
    md5: str
    #: Of the blob when it is compressed; None when it is the file itself.
    compressed_size_bytes: int | None
    compressed_md5: str | None

    @property
    def blob(self) -> StoredBlob:
        """The bytes, to be read in whatever form they are kept."""
        return StoredBlob(self.blob_key, self.size_bytes, self.compressed_size_bytes is not None)

    @property
    def disk_size_bytes(self) -> int:
        """The size of the blob."""
        compressed = self.compressed_size_bytes
        return self.size_bytes if compressed is None else compressed

    @property
    def disk_md5(self) -> str:
        """The MD5 of the blob."""
        return self.compressed_md5 or self.md5

    @property
    def known(self) -> Known:
        """What its bytes can be compared with."""
        return Known(self.blob, self.md5, self.disk_size_bytes, self.disk_md5)


class AnnotationReads:
    """Reads metadata, attachments, labels and protection; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def metadata(self, level: Level, resource_id: ResourceId) -> dict[int, Metadatum]:
        """Read all metadata of a resource by number, Orthanc's own first; raise NotFound."""
        found = await self.metadata_of(level, [resource_id])
        if not found:
            raise NotFound
        return found[resource_id]

    async def metadata_of(
        self, level: Level, ids: Sequence[ResourceId]
    ) -> dict[ResourceId, dict[int, Metadatum]]:
        """Read all metadata of some resources by number; those that are not there are left out."""
        found = {
            row["id"]: {
                int(number): Metadatum(text.encode(), 0)
                for number, text in core_metadata(level, row).items()
            }
            for row in await self._fetch("find_core_metadata", list(ids), level)
        }
        for row in await self._fetch("find_user_metadata", list(found)):
            found[row["resource_id"]][row["number"]] = Metadatum(row["value"], row["revision"])
        return found

    async def attachments(self, level: Level, resource_id: ResourceId) -> list[StoredAttachment]:
        """Read what users attached to a resource; raise NotFound when there is no such resource."""
        await self._require(level, resource_id)
        return (await self.attachments_of([resource_id])).get(resource_id, [])

    async def attachments_of(
        self, ids: Sequence[ResourceId]
    ) -> dict[ResourceId, list[StoredAttachment]]:
        """Read what users attached to some resources; those without any are left out."""
        return _by_resource(await self._fetch("find_attachments", list(ids)))

    async def attached_file(self, instance_id: ResourceId) -> StoredAttachment | None:
        """Read the file of an instance as its attachment; None when there is no such instance."""
        return next(iter((await self.attached_files_of([instance_id])).get(instance_id, [])), None)

    async def attached_files_of(
        self, ids: Sequence[ResourceId]
    ) -> dict[ResourceId, list[StoredAttachment]]:
        """Read the files of some instances as their attachments."""
        return _by_resource(await self._fetch("find_attached_file", list(ids)))

    async def labels(self, level: Level, resource_id: ResourceId) -> list[str]:
        """Read the labels of a resource; raise NotFound when there is no such resource."""
        await self._require(level, resource_id)
        return (await self.labels_of([resource_id])).get(resource_id, [])

    async def labels_of(self, ids: Sequence[ResourceId]) -> dict[ResourceId, list[str]]:
        """Read the labels of some resources; those without any are left out."""
        labels: dict[ResourceId, list[str]] = {}
        for row in await self._fetch("find_labels", list(ids)):
            labels.setdefault(row["resource_id"], []).append(row["label"])
        return labels

    async def all_labels(self) -> list[str]:
        """List the labels that are on any resource."""
        return [row["label"] for row in await self._fetch("all_labels")]

    async def is_protected(self, patient_id: ResourceId) -> bool:
        """Tell whether a patient is protected from being recycled; raise NotFound."""
        rows = await self._fetch("is_protected", patient_id)
        if not rows:
            raise NotFound
        return bool(rows[0]["is_protected"])

    async def _require(self, level: Level, resource_id: ResourceId) -> None:
        rows = await self._fetch("has_resource", resource_id, level)
        if not rows[0][0]:
            raise NotFound

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(self._statements[statement], *arguments))


def _by_resource(rows: Sequence[Any]) -> dict[ResourceId, list[StoredAttachment]]:
    found: dict[ResourceId, list[StoredAttachment]] = {}
    for row in rows:
        values = dict(row)
        found.setdefault(values.pop("resource_id"), []).append(StoredAttachment(**values))
    return found


def main_dicom_tags_signature(level: Level) -> str:
    """Name the main DICOM tags that are kept of every resource at a level, as Orthanc does."""
    return ";".join(format_tag(tag) for tag in MAIN_DICOM_TAGS[level])


def core_metadata(level: Level, row: Any) -> dict[CoreMetadata, str]:
    """Write what Orthanc keeps of a resource at its level, in the order of the numbers (orthanc-rest.md, C.5)."""
    values: dict[CoreMetadata, object] = {
        CoreMetadata.MAIN_DICOM_TAGS_SIGNATURE: main_dicom_tags_signature(level)
    }
    if level is Level.INSTANCE:
        values |= {
            CoreMetadata.INDEX_IN_SERIES: row["index_in_series"],
            CoreMetadata.RECEPTION_DATE: orthanc_date(Ticks(row["received_ticks"])),
            CoreMetadata.REMOTE_AET: row["remote_aet"],
            CoreMetadata.ORIGIN: row["protocol"],
            CoreMetadata.TRANSFER_SYNTAX: row["transfer_syntax_uid"],
            CoreMetadata.SOP_CLASS_UID: row["sop_class_uid"],
            CoreMetadata.REMOTE_IP: row["remote_ip"],
            CoreMetadata.PIXEL_DATA_OFFSET: row["pixel_data_offset"],
            CoreMetadata.PIXEL_DATA_VR: row["pixel_data_vr"],
        }
        if row["protocol"] == "RestApi":
            values[CoreMetadata.HTTP_USERNAME] = row["http_username"]
        else:
            values[CoreMetadata.CALLED_AET] = row["called_aet"]
    else:
        values[CoreMetadata.LAST_UPDATE] = orthanc_date(Ticks(row["updated_ticks"]))
    if level is Level.SERIES:
        values[CoreMetadata.REMOTE_AET] = row["remote_aet"]
        values[CoreMetadata.EXPECTED_NUMBER_OF_INSTANCES] = row["expected_instances"]
    return {number: str(values[number]) for number in sorted(values) if values[number] is not None}
