"""Where tokens of named consumers are kept."""

import asyncpg

from axial.changefeed.consumers.tokens import digest_of, new_token
from axial.changefeed.reading.database import away_is_unavailable
from axial.common.errors import NotFound
from axial.common.postgres import Pool, Statements

# A request that finds all connections taken for this long is better answered 503 than queued further.
_ACQUIRE_TIMEOUT_SECONDS = 5.0


class TokenStore:
    """At most one token of each consumer, on a pool that may write; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.changefeed.consumers.sql")

    async def make(self, name: str) -> str:
        """Make a consumer's token, in the place of the one it had; NotFound for no consumer."""
        token = new_token()
        try:
            await self._fetch("put_token", name, digest_of(token))
        except asyncpg.ForeignKeyViolationError:
            raise NotFound from None
        return token

    async def revoke(self, name: str) -> None:
        """Let a consumer's token open nothing any more; NotFound when it has none."""
        if await self._fetch("delete_token", name) is None:
            raise NotFound

    async def find(self, token: str) -> str | None:
        """Name the consumer whose token it is; None for nobody's."""
        digest = digest_of(token)
        return None if digest is None else await self._fetch("owner_of_token", digest)

    async def _fetch(self, statement: str, *arguments: object) -> str | None:
        """Run a statement that answers the name of a consumer, if any."""
        async with (
            away_is_unavailable(),
            self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS) as connection,
        ):
            name: str | None = await connection.fetchval(self._statements[statement], *arguments)
            return name
