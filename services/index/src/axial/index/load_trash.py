"""Fetch from Postgres what stands in the trash of one deletion."""

import dataclasses
from collections.abc import Sequence

from axial.common.events import TrashRestoreRequested
from axial.common.identifiers import Level
from axial.common.postgres import Connection, Statements
from axial.common.recorded import Recorded
from axial.index import rows
from axial.index.recyclable import Arrival
from axial.index.state import Findable, Metadatum, Trashed


async def load_trashed(
    connection: Connection, statements: Statements, deletion: int, *, whole: bool
) -> Trashed | None:
    """Load what a deletion took, or without `whole` only that it is there; None when it is not."""
    row = await connection.fetchrow(statements["find_deletion"], deletion)
    if row is None:
        return None
    trashed = Trashed(rows.deletion(row))
    if not whole:
        return trashed
    stayed = set()
    for row in await connection.fetch(statements["load_trashed_resources"], deletion):
        trashed.resources[row["id"]] = rows.resource(row)
        if not row["went"]:
            stayed.add(row["id"])
        elif row["level"] == Level.INSTANCE:
            trashed.instances[row["id"]] = rows.instance(row)
    for row in await connection.fetch(statements["load_trashed_findable"], deletion):
        trashed.findable[row["id"]] = Findable(
            row["id"], Level(row["level"]), row["parent_id"], row["created_sequence"], row["tags"]
        )
    for row in await connection.fetch(statements["load_trashed_metadata"], deletion):
        key = (row["resource_id"], row["number"])
        trashed.metadata[key] = Metadatum(row["value"], row["revision"])
    for row in await connection.fetch(statements["load_trashed_attachments"], deletion):
        trashed.attachments[row["resource_id"], row["number"]] = rows.attachment(row)
    labels = await connection.fetch(statements["load_trashed_labels"], deletion)
    return dataclasses.replace(
        trashed,
        stayed=frozenset(stayed),
        labels=tuple((row["resource_id"], row["label"]) for row in labels),
    )


async def load_returning(
    connection: Connection,
    statements: Statements,
    batch: Sequence[Recorded],
    trashed: Trashed | None,
) -> Arrival | None:
    """Tell what room a restore wants, which is alone in its batch: for what does not stand there again already."""
    event = batch[0].event
    if trashed is None or not isinstance(event, TrashRestoreRequested) or event.limits is None:
        return None
    disk_bytes = await connection.fetchval(statements["measure_restore"], event.deletion)
    return Arrival(event.limits, trashed.patient, disk_bytes)
