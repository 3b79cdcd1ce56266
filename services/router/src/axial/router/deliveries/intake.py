"""What rules want to be delivered, written down in the transaction of whoever evaluated them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from axial.common.identifiers import ResourceId
from axial.common.postgres import Connection, Statements
from axial.router.deliveries.merging import deletions, merge
from axial.router.deliveries.wanted import Wanted

#: What has ended, and what is to be deleted once all has, is looked at.
_RING_ENDED = "SELECT pg_notify('router', 'ended')"


async def enqueue(
    connection: Connection,
    wanted: Sequence[Wanted],
    *,
    again: bool = False,
    asked_before: datetime | None = None,
) -> int:
    """Let instances be delivered in this order once the transaction commits; return how many deliveries begin.

    What there is already, or was delivered, begins no new one; with `again` what has ended begins anew,
    of that only what was asked for before a moment if one is given.
    """
    if not wanted:
        return 0
    merged = merge(wanted)
    names = {item.destination for item in merged}
    names |= {item.terms.fallback.destination for item in merged if item.terms.fallback}
    await _run(connection, "delivery_destinations", [(str(name.kind), name.name) for name in names])
    begun = 0
    if again:
        keys = [item.key for item in merged]
        begun += await _run(connection, "delivery_again", keys, asked_before)
    begun += await _run(connection, "delivery_enqueue", [item.row for item in merged])
    if to_delete := deletions(wanted):
        await _run(connection, "delivery_deletions", to_delete)
        await connection.execute(_RING_ENDED)
    return begun


async def forget(connection: Connection, instance_ids: Sequence[ResourceId]) -> None:
    """Forget instances that were deleted: what was to be sent of them is gone, and what comes again is new."""
    if instance_ids:
        # What is just being reduced to its key is forgotten by neither of them.
        await connection.execute(_statements()["delivery_lock_keys"])
        await connection.execute(_statements()["delivery_forget"], list(instance_ids))
        await connection.execute(_RING_ENDED)


async def supersede(connection: Connection, files: Mapping[ResourceId, str]) -> None:
    """Let nothing be sent that was wanted of a file which another one (MD5s) has replaced: rules are asked of that."""
    if files:
        await _run(connection, "delivery_supersede", list(files.items()))
        await connection.execute(_RING_ENDED)


async def _run(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]], *more: object
) -> int:
    """Run a statement on columns; return the number that it tells, if any."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return await connection.fetchval(_statements()[statement], *columns, *more) or 0


@cache
def _statements() -> Statements:
    return Statements("axial.router.sql")
