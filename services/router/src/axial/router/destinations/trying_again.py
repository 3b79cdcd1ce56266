"""Trying a destination at once that would have been left alone for a while."""

from functools import cache

import asyncpg

from axial.common.errors import Unavailable
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.destinations.port import DestinationName

_RING = "SELECT pg_notify('router', 'deliveries')"


async def try_again(pool: Pool, name: DestinationName) -> bool:
    """Let what waits for a destination be tried now; tell whether there ever was anything. Raises Unavailable.

    For operators, and when it is another one by now: what was said of the former one is no reason to wait.
    """
    place = (str(name.kind), name.name)
    try:
        async with away_is_unavailable(), pool.acquire() as connection, connection.transaction():
            found = await connection.fetch(_statements()["delivery_retry"], *place)
            await connection.execute(_RING)
    except asyncpg.TransactionRollbackError as error:  # a deadlock with whoever delivers
        raise Unavailable from error
    return bool(found)


@cache
def _statements() -> Statements:
    return Statements("axial.router.sql")
