"""Make the fold's values of the rows that keep them."""

import asyncpg

from axial.common.identifiers import Level
from axial.common.recorded import LogSequence
from axial.index.state import Attachment, Deletion, Instance, Resource


def attachment(row: asyncpg.Record) -> Attachment:
    """Make an attachment."""
    return Attachment(
        row["revision"],
        row["event_id"].hex,
        row["blob_key"],
        row["size_bytes"],
        row["md5"],
        row["file_event_id"] and row["file_event_id"].hex,
        row["compressed_size_bytes"],
        row["compressed_md5"],
    )


def resource(row: asyncpg.Record) -> Resource:
    """Make a resource; what its instance has in a column of the same name comes under another."""
    return Resource(
        id=row["id"],
        level=Level(row["level"]),
        parent_id=row["parent_id"],
        created_sequence=row["created_sequence"],
        main_dicom_tags=row["main_dicom_tags"],
        child_count=row["child_count"],
        updated_ticks=row["updated_ticks"],
        arrived_ticks=row["arrived_ticks"],
        is_stable=row["is_stable"],
        expected_instances=row["expected_instances"],
        distinct_indexes=row["distinct_indexes"],
        study_instance_uid=row["resource_study_instance_uid"],
        modalities=row["modalities"],
        aets=row["aets"],
        newest_change=row["newest_change"],
        is_protected=row["is_protected"],
        recycling_sequence=row["recycling_sequence"],
    )


def instance(row: asyncpg.Record) -> Instance:
    """Make what only an instance has."""
    return Instance(
        id=row["id"],
        series_id=row["series_id"],
        version=row["version"],
        event_id=row["event_id"].hex,
        study_instance_uid=row["study_instance_uid"],
        series_instance_uid=row["series_instance_uid"],
        sop_instance_uid=row["sop_instance_uid"],
        sop_class_uid=row["sop_class_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        index_in_series=row["index_in_series"],
        pixel_data_offset=row["pixel_data_offset"],
        pixel_data_vr=row["pixel_data_vr"],
        size_bytes=row["size_bytes"],
        md5=row["md5"],
        blob_key=row["blob_key"],
        header_blob_key=row["header_blob_key"],
        received_ticks=row["received_ticks"],
        protocol=row["protocol"],
        remote_ip=row["remote_ip"],
        remote_aet=row["remote_aet"],
        called_aet=row["called_aet"],
        http_username=row["http_username"],
        file_revision=row["file_revision"],
        file_event_id=row["file_event_id"] and row["file_event_id"].hex,
        compressed_size_bytes=row["compressed_size_bytes"],
        compressed_md5=row["compressed_md5"],
    )


def deletion(row: asyncpg.Record) -> Deletion:
    """Make a deletion with grace."""
    return Deletion(
        deletion=LogSequence(row["deletion"]),
        level=Level(row["level"]),
        resource_id=row["resource_id"],
        deleted_ticks=row["deleted_ticks"],
        until_ticks=row["until_ticks"],
        instances=row["instances"],
        disk_size_bytes=row["disk_size_bytes"],
    )
