"""Fetch from Postgres what a batch of events touches, so that the fold needs nothing else."""

from collections.abc import Collection, Sequence

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
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Connection, Statements
from axial.common.recorded import LogSequence, Recorded
from axial.common.ticks import Ticks
from axial.index import rows
from axial.index.load_trash import load_returning, load_trashed
from axial.index.recyclable import load_recyclable
from axial.index.series_status import index_in_series
from axial.index.state import Damaged, ExportsPosition, Metadatum, Position, State, Trashed


async def load_state(
    connection: Connection, statements: Statements, position: Position, batch: Sequence[Recorded]
) -> State:
    """Load every resource that the batch names or may reach from there."""
    state = State(position)
    state.trashed = await _load_trashed(connection, statements, batch)
    reached = await _reached(connection, statements, batch)
    if state.trashed is not None:
        reached.update(state.trashed.resources)
    returning = await load_returning(connection, statements, batch, state.trashed)
    recyclable = await load_recyclable(connection, statements, batch, reached, returning)
    if recyclable is not None:
        state.usage = recyclable.usage
        reached |= await _families(connection, statements, recyclable.patients)
    if reached:
        for row in await connection.fetch(statements["load_resources"], list(reached)):
            state.add(rows.resource(row))
            if row["level"] == Level.INSTANCE:
                state.instances[row["id"]] = rows.instance(row)
    await _load_index_counts(connection, statements, state, batch)
    await _load_annotations(connection, statements, state, batch)
    if recyclable is not None:
        state.recyclable = {name: None for name in recyclable.patients if name in state.resources}
    if recyclable is not None or state.trashed is not None or _goes_to_trash(batch):
        for row in await connection.fetch(statements["load_attachments_of"], list(reached)):
            state.attachments[row["resource_id"], row["number"]] = rows.attachment(row)
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


def _goes_to_trash(batch: Sequence[Recorded]) -> bool:
    """Tell whether this is a deletion with grace, which is alone in its batch: it knows each file that it takes."""
    event = batch[0].event
    return isinstance(event, ResourceDeletionRequested) and event.grace_seconds > 0


async def _load_trashed(
    connection: Connection, statements: Statements, batch: Sequence[Recorded]
) -> Trashed | None:
    """Load what is in the trash of the deletion that the batch, which is one event then, is about."""
    event = batch[0].event
    if not isinstance(event, TrashRestoreRequested | TrashEmptied):
        return None
    return await load_trashed(
        connection, statements, event.deletion, whole=isinstance(event, TrashRestoreRequested)
    )


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
    if state.trashed is not None:
        metadata.update(state.trashed.metadata)
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
            state.attachments[row["resource_id"], row["number"]] = rows.attachment(row)


async def _load_index_counts(
    connection: Connection, statements: Statements, state: State, batch: Sequence[Recorded]
) -> None:
    """Load who claims the places that the batch may take or free, in series that promise a number."""
    places = {
        (instance.series_id, instance.index_in_series)
        for instance in state.instances.values()
        if instance.index_in_series is not None and _promises(state, instance.series_id)
    }
    if state.trashed is not None:
        places.update(
            (instance.series_id, instance.index_in_series)
            for instance in state.trashed.instances.values()
            if instance.index_in_series is not None and _promises(state, instance.series_id)
        )
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
