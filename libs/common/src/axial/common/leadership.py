"""One of several replicas does what only one should: the one whose connection holds Postgres's advisory lock.

The lock ends with the connection. A replica may lose it and learn of that later, so what the elected one does must
be harmless when done twice.
"""

import asyncio
from enum import IntEnum

from axial.common.postgres import Connection

# A follower tries this often: a takeover within a second of the lock's release.
_ELECTION_SECONDS = 0.5


class Role(IntEnum):
    """What replicas are elected for. The numbers are the locks': any will do, all in one database differ."""

    PROJECTOR = 0x41584C44
    FEED_PUBLISHER = 0x41584C46
    PUSH = 0x41584C50
    RULES = 0x41584C52
    SCRUB = 0x41584C53


async def win(connection: Connection, role: Role) -> None:
    """Return once the role is this connection's, for as long as it stands."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", int(role)):  # noqa: ASYNC110 - the state is Postgres's
        await asyncio.sleep(_ELECTION_SECONDS)
