"""Write a folded batch: resources, both feeds, and the position, in one transaction."""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from axial.common.log_reader import LogSequence
from axial.common.postgres import Connection, Statements
from axial.index.state import Change, Dataset, Effects, Instance, InstanceChange, Resource, State


class Fenced(Exception):
    """Another projector has moved the position since this batch was loaded; nothing was written."""


async def write_batch(
    connection: Connection,
    statements: Statements,
    loaded_at: LogSequence,
    state: State,
    effects: Effects,
) -> None:
    """Commit all of it or nothing.

    The position is moved first: its row is the fence, and whoever locks its table (a rebuild about to swap)
    holds us before we have touched anything else.
    """
    async with connection.transaction():
        position, totals = state.position, state.totals
        moved = await connection.fetchrow(
            statements["project_position"],
            loaded_at,
            position.log_sequence,
            position.change_sequence,
            position.instance_sequence,
            position.ticks,
            totals.patients,
            totals.studies,
            totals.series,
            totals.instances,
            totals.size_bytes,
        )
        if moved is None:
            raise Fenced(f"the position is no longer at {loaded_at}")
        present = [state.resources[id_] for id_ in effects.touched if id_ in state.resources]
        removed = [id_ for id_ in effects.touched if id_ not in state.resources]
        for name, columns in (
            ("project_removed", [removed]),
            ("project_resources", _columns(Resource, present)),
            ("project_instances", _instance_columns(effects.instances.values())),
            ("project_datasets", _columns(Dataset, effects.datasets.values())),
            ("project_changes", _columns(Change, effects.changes)),
            ("project_instance_changes", _columns(InstanceChange, effects.instance_changes)),
            ("project_garbage", _transposed(effects.garbage, width=2)),
        ):
            if columns[0]:
                await connection.execute(statements[name], *columns)


def _columns(row_type: type, rows: Iterable[Any]) -> list[list[Any]]:
    """Turn values into one list a column, in the order of their fields, as `unnest` takes them."""
    rows = list(rows)
    names = [field.name for field in dataclasses.fields(row_type)]
    return [[getattr(row, name) for row in rows] for name in names]


def _instance_columns(rows: Iterable[Instance]) -> list[list[Any]]:
    columns = _columns(Instance, rows)
    columns[2] = [uuid.UUID(event_id) for event_id in columns[2]]
    return columns


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]
