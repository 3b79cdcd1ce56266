"""What users attached to resources, and what is known of these by itself, read from the projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from axial.common.annotation_names import CoreMetadata
from axial.common.attributes import MAIN_DICOM_TAGS, format_tag
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
    event_id: UUID
    blob_key: str
    size_bytes: int
    md5: str


class AnnotationReads:
    """Reads metadata, attachments, labels and protection; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def metadata(self, level: Level, resource_id: ResourceId) -> dict[int, Metadatum]:
        """Read all metadata of a resource by number, Orthanc's own first; raise NotFound."""
        rows = await self._fetch("find_core_metadata", resource_id, level)
        if not rows:
            raise NotFound
        found = {int(n): Metadatum(text, 0) for n, text in core_metadata(level, rows[0]).items()}
        for row in await self._fetch("find_user_metadata", [resource_id]):
            found[row["number"]] = Metadatum(row["value"], row["revision"])
        return found

    async def attachments(self, level: Level, resource_id: ResourceId) -> list[StoredAttachment]:
        """Read what users attached to a resource; raise NotFound when there is no such resource."""
        await self._require(level, resource_id)
        rows = await self._fetch("find_attachments", resource_id)
        return [StoredAttachment(**dict(row)) for row in rows]

    async def attached_file(self, instance_id: ResourceId) -> StoredAttachment | None:
        """Read the file of an instance as its attachment; None when there is no such instance."""
        rows = await self._fetch("find_attached_file", instance_id)
        return StoredAttachment(**dict(rows[0])) if rows else None

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


def core_metadata(level: Level, row: Any) -> dict[CoreMetadata, str]:
    """Write what Orthanc keeps of a resource at its level, in the order of the numbers (orthanc-rest.md, C.5)."""
    signature = ";".join(format_tag(tag) for tag in MAIN_DICOM_TAGS[level])
    values: dict[CoreMetadata, object] = {CoreMetadata.MAIN_DICOM_TAGS_SIGNATURE: signature}
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
