"""Write a folded batch: resources, both feeds, and the position, in one statement.

What users attach to resources, the log of exports, damaged blobs and the trash come rarely and take more, in the same
transaction.
"""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from axial.common.postgres import Connection, Statements
from axial.index.state import (
    AnnotationKey,
    Attachment,
    Change,
    Damaged,
    Dataset,
    Effects,
    Export,
    Findable,
    Instance,
    InstanceChange,
    Metadatum,
    Position,
    Resource,
    State,
)

Columns = list[list[Any]]


class Fenced(Exception):
    """Another projector has moved the position since this batch was loaded; nothing was written."""


async def write_batch(
    connection: Connection,
    statements: Statements,
    folded_from: Position,
    state: State,
    effects: Effects,
) -> None:
    """Commit all of it, or nothing and raise Fenced."""
    if not (effects.annotate or effects.exports_position or effects.damaged or effects.moves_trash):
        await _write_rows(connection, statements, folded_from, state, effects)
        return
    async with connection.transaction():
        if effects.trashing:
            # As the tables have it: the rest of the batch removes it.
            await connection.execute(
                statements["project_trash"],
                *dataclasses.astuple(effects.trashing.deletion),
                list(effects.trashing.went),
                list(effects.trashing.stayed),
            )
        await _write_rows(connection, statements, folded_from, state, effects)
        if effects.annotate:
            await _write_annotations(connection, statements, effects)
        if effects.exports_position:
            await connection.execute(
                statements["project_exports"],
                *dataclasses.astuple(effects.exports_position),
                *_columns(Export, effects.exports),
            )
        if effects.damaged:
            await connection.execute(
                statements["project_damage"],
                [key for key, damaged in effects.damaged.items() if damaged is None],
                *_columns(Damaged, filter(None, effects.damaged.values())),
            )
        await _take_out_of_trash(connection, statements, state, effects)


async def _take_out_of_trash(
    connection: Connection, statements: Statements, state: State, effects: Effects
) -> None:
    """Remove what came back, or is left to the collector now."""
    if effects.restored is not None:
        # All of them came back: nothing else is in this batch.
        instances = effects.instances.values()
        await connection.execute(
            statements["project_restore"],
            effects.restored,
            [instance.id for instance in instances],
            [instance.version for instance in instances],
        )
        await connection.execute(statements["remove_from_trash"], effects.restored)
    if effects.emptied is not None:
        await connection.execute(
            statements["project_emptying"], effects.emptied, state.position.log_sequence
        )
        await connection.execute(statements["remove_from_trash"], effects.emptied)


async def _write_rows(
    connection: Connection,
    statements: Statements,
    folded_from: Position,
    state: State,
    effects: Effects,
) -> None:
    present = [state.resources[id_] for id_ in effects.touched if id_ in state.resources]
    removed = [id_ for id_ in effects.touched if id_ not in state.resources]
    moved = await connection.fetchrow(
        statements["project_batch"],
        *dataclasses.astuple(folded_from),
        *dataclasses.astuple(state.position),
        *dataclasses.astuple(effects.totals),
        removed,
        *_columns(Resource, present)[:-1],
        *_instance_columns(effects.instances.values()),
        *_columns(Dataset, effects.datasets.values()),
        *_columns(Change, effects.changes),
        *_columns(InstanceChange, effects.instance_changes),
        effects.visible(),
        [sequence for sequence, _ in effects.hidden_chains],
        [log_sequence for _, log_sequence in effects.hidden_chains],
        list(effects.hidden),
        list(effects.hidden.values()),
        [key for key, _ in effects.garbage],
        [sequence for _, sequence in effects.garbage],
        *_columns(Findable, effects.findable.values()),
        [resource.recycling_sequence for resource in present],
    )
    if moved is None:
        raise Fenced(f"the position is no longer at {folded_from.log_sequence}")


async def _write_annotations(
    connection: Connection, statements: Statements, effects: Effects
) -> None:
    await connection.execute(
        statements["project_annotations"],
        list(effects.stripped),
        list(effects.stripped.values()),
        *_annotation_columns(effects.metadata, Metadatum),
        [written and written.searchable for written in effects.metadata.values()],
        *_annotation_columns(effects.attachments, Attachment),
        [resource_id for resource_id, _ in effects.labels],
        [label for _, label in effects.labels],
        list(effects.labels.values()),
    )


def _columns(row_type: type, rows: Iterable[Any]) -> Columns:
    """Turn values into one list a column, in the order of their fields, as `unnest` takes them."""
    rows = list(rows)
    return [[getattr(row, field.name) for row in rows] for field in dataclasses.fields(row_type)]


def _instance_columns(rows: Iterable[Instance]) -> Columns:
    columns = _columns(Instance, rows)
    names = [field.name for field in dataclasses.fields(Instance)]
    for name in ("event_id", "file_event_id"):
        event_ids = columns[names.index(name)]
        event_ids[:] = [event_id and uuid.UUID(event_id) for event_id in event_ids]
    return columns


def _annotation_columns(rows: Mapping[AnnotationKey, Any], row_type: type) -> Columns:
    """Name what users attached, and give its values; all of them are NULL for what is to be removed."""
    values = [
        [row and getattr(row, field.name) for row in rows.values()]
        for field in dataclasses.fields(row_type)
    ]
    return [[key[0] for key in rows], [key[1] for key in rows], *values]
