"""Fetch from Postgres what a batch of events touches, so that the fold needs nothing else."""

from collections.abc import Collection, Sequence

import asyncpg

from axial.common.events import (
    AnnotationRequested,
    AttachmentCompressionChangeRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    BlobFound,
    ExportsCleared,
    InstanceReceived,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ResourceDeletionRequested,
    ResourceExported,
    ResourceStabilized,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Connection, Statements
from axial.common.recorded import LogSequence, Recorded
from axial.common.ticks import Ticks
from axial.index.recyclable import load_recyclable
from axial.index.series_status import index_in_series
from axial.index.state import (
    Attachment,
    Damaged,
    ExportsPosition,
    Instance,
    Metadatum,
    Position,
    Resource,
    State,
)


async def load_state(
    connection: Connection, statements: Statements, position: Position, batch: Sequence[Recorded]
) -> State:
    """Load every resource that the batch names or may reach from there."""
    state = State(position)
    reached = await _reached(connection, statements, batch)
    recyclable = await load_recyclable(connection, statements, batch, reached)
    if recyclable is not None:
        state.usage = recyclable.usage
        reached |= await _families(connection, statements, recyclable.patients)
    if reached:
        for row in await connection.fetch(statements["load_resources"], list(reached)):
            state.add(_resource(row))
            if row["level"] == Level.INSTANCE:
                state.instances[row["id"]] = _instance(row)
    await _load_index_counts(connection, statements, state, batch)
    await _load_annotations(connection, statements, state, batch)
    if recyclable is not None:
        state.recyclable = {name: None for name in recyclable.patients if name in state.resources}
        for row in await connection.fetch(statements["load_attachments_of"], list(reached)):
            state.attachments[row["resource_id"], row["number"]] = _attachment(row)
    await _load_exports(connection, statements, state, batch)
    await _load_damaged(connection, statements, state, batch)
    return state


async def _reached(
    connection: Connection, statements: Statements, batch: Sequence[Recorded]
) -> set[ResourceId]:
    """Name the resources that the batch names or may reach from there."""
    received: set[ResourceId] = set()
    #: Of these, all that is above and below too.
    families: set[ResourceId] = set()
    #: And of these, all that is above.
    exported: set[ResourceId] = set()
    for recorded in batch:
        event = recorded.event
        if isinstance(event, InstanceReceived):
            ids = event.resource_ids()
            received.update((ids.patient, ids.study, ids.series, ids.instance))
        elif isinstance(event, ResourceDeletionRequested):
            families.add(event.resource_id)
        elif isinstance(event, AnnotationRequested) and event.level is Level.INSTANCE:
            # Its study, which the feed tells with it, is two steps up.
            families.add(event.resource_id)
        elif isinstance(event, ResourceStabilized | AnnotationRequested | BlobFound):
            received.add(event.resource_id)
        elif isinstance(event, ResourceExported):
            exported.add(event.resource_id)
    received |= await _families(connection, statements, families)
    if exported:
        ancestry = await connection.fetch(statements["load_ancestry"], list(exported))
        received.update(row["id"] for row in ancestry)
    return received


async def _families(
    connection: Connection, statements: Statements, ids: Collection[ResourceId]
) -> set[ResourceId]:
    """Name resources with all above and below them."""
    if not ids:
        return set()
    return {row["id"] for row in await connection.fetch(statements["load_families"], list(ids))}


async def _load_exports(
    connection: Connection, statements: Statements, state: State, batch: Sequence[Recorded]
) -> None:
    """Load where the log of exports stands, if the batch tells of any."""
    if any(isinstance(recorded.event, ResourceExported | ExportsCleared) for recorded in batch):
        row = await connection.fetchrow(statements["load_exports_position"])
        assert row is not None, "the migration puts this row in"
        state.exports = ExportsPosition(row["sequence"], row["cleared_sequence"])


async def _load_damaged(
    connection: Connection, statements: Statements, state: State, batch: Sequence[Recorded]
) -> None:
    """Load what is known of the blobs that were looked at."""
    keys = {recorded.event.blob_key for recorded in batch if isinstance(recorded.event, BlobFound)}
    if keys:
        for row in await connection.fetch(statements["load_damaged"], list(keys)):
            state.damaged[row["blob_key"]] = Damaged(
                blob_key=row["blob_key"],
                level=Level(row["level"]),
                resource_id=row["resource_id"],
                number=row["number"],
                damage=row["damage"],
                since_ticks=Ticks(row["since_ticks"]),
            )


async def _load_annotations(
    connection: Connection, statements: Statements, state: State, batch: Sequence[Recorded]
) -> None:
    """Load the metadata and attachments that the batch names."""
    events = [recorded.event for recorded in batch]
    metadata = {
        (event.resource_id, event.number)
        for event in events
        if isinstance(event, MetadataWriteRequested | MetadataDeletionRequested)
    }
    attachments = {
        (event.resource_id, event.number)
        for event in events
        if isinstance(
            event,
            AttachmentWriteRequested
            | AttachmentDeletionRequested
            | AttachmentCompressionChangeRequested
            | BlobFound,
        )
    }
    if metadata:
        columns = [list(column) for column in zip(*metadata, strict=True)]
        for row in await connection.fetch(statements["load_metadata"], *columns):
            key = (row["resource_id"], row["number"])
            state.metadata[key] = Metadatum(row["value"], row["revision"])
    if attachments:
        columns = [list(column) for column in zip(*attachments, strict=True)]
        for row in await connection.fetch(statements["load_attachments"], *columns):
            state.attachments[row["resource_id"], row["number"]] = _attachment(row)


async def _load_index_counts(
    connection: Connection, statements: Statements, state: State, batch: Sequence[Recorded]
) -> None:
    """Load who claims the places that the batch may take or free, in series that promise a number."""
    places = {
        (instance.series_id, instance.index_in_series)
        for instance in state.instances.values()
        if instance.index_in_series is not None and _promises(state, instance.series_id)
    }
    for recorded in batch:
        if isinstance(event := recorded.event, InstanceReceived):
            series = event.resource_ids().series
            index = index_in_series(event.main_dicom_tags)
            if index is not None and _promises(state, series):
                places.add((series, index))
    if places:
        columns = ([series for series, _ in places], [index for _, index in places])
        for row in await connection.fetch(statements["load_index_counts"], *columns):
            state.index_counts[row["series_id"], row["index_in_series"]] = row["claims"]


def _promises(state: State, series_id: ResourceId) -> bool:
    series = state.resources.get(series_id)
    return series is not None and series.expected_instances is not None


async def load_position(connection: Connection, statements: Statements) -> Position:
    """Load where the fold stands."""
    row = await connection.fetchrow(statements["load_position"])
    assert row is not None, "the migration puts this row in"
    return Position(
        LogSequence(row["log_sequence"]),
        row["change_sequence"],
        row["instance_sequence"],
        Ticks(row["ticks"]),
        row["cleared_sequence"],
    )


def _attachment(row: asyncpg.Record) -> Attachment:
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


def _resource(row: asyncpg.Record) -> Resource:
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


def _instance(row: asyncpg.Record) -> Instance:
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
