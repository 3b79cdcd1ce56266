"""Where rules are kept, with how far they were carried out: schema `router`."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TypeAlias, cast

import asyncpg

from axial.common.errors import BadParameter, Conflict, NotFound, Unavailable
from axial.common.postgres import Connection, Pool, Statements, away_is_unavailable
from axial.common.revisions import Revision
from axial.router.rules.book import StoredRule, document_of

# Each instance is held against all of them.
_MOST_RULES = 500
_RING = "SELECT pg_notify('router', 'rules')"
_STATEMENTS = Statements("axial.router.sql")


class Existence(Enum):
    """Whether there is to be a rule before it is changed."""

    ANY = auto()
    NONE = auto()


ANY, NONE = Existence.ANY, Existence.NONE

#: A revision that a rule is to be of, or whether there is to be one; None for whatever it is.
Precondition: TypeAlias = Revision | Existence | None


def revision_of(rule: StoredRule) -> Revision:
    """Tell the revision of a rule with the MD5 of what it says."""
    digest = hashlib.md5(rule.document.encode(), usedforsecurity=False).hexdigest()
    return Revision(rule.revision, digest)


def is_revision(rule: StoredRule, asked: Revision | Existence) -> bool:
    """Tell whether a rule is of a revision, whose content may be left open."""
    if isinstance(asked, Existence):
        return asked is ANY
    revision = revision_of(rule)
    return asked.number == revision.number and asked.md5 in (None, revision.md5)


@asynccontextmanager
async def lent(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection; raise Unavailable when Postgres is away, or has broken a deadlock at our expense."""
    try:
        async with away_is_unavailable(), pool.acquire() as connection:
            yield cast("Connection", connection)  # a loan can all that a connection can
    except asyncpg.TransactionRollbackError as error:
        raise Unavailable from error


class RuleStore:
    """The rules that were PUT; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self) -> tuple[int, list[StoredRule]]:
        """Return the generation, and all rules by name."""
        async with lent(self._pool) as connection:
            return await all_rules(connection)

    async def put(
        self,
        name: str,
        document: str,
        expected: Precondition,
        last_change: Callable[[], Awaitable[int]],
    ) -> tuple[StoredRule, bool]:
        """Make or replace a rule, and tell whether it was made; raise Conflict when it is another revision.

        One that is made, or had not been enabled, is for what comes later; what another one has left undone yet is
        done by the one that takes its place.
        """
        async with lent(self._pool) as connection:
            if await position(connection) is None:
                await begin(connection, await last_change())
            present = await _one(connection, name)
            since = present.since if present and _is_enabled(present) else await last_change()
            async with connection.transaction():
                generation = await connection.fetchval(_STATEMENTS["rules_next_generation"])
                if await _one(connection, name) != present:
                    raise Conflict
                _check(present, expected)
                if present is None and await _is_full(connection):
                    raise BadParameter(f"There are {_MOST_RULES} rules already")
                stored = StoredRule(name, generation, since, document)
                await connection.execute(
                    _STATEMENTS["rules_put"], name, generation, since, document
                )
                await connection.execute(_RING)
        return stored, present is None

    async def delete(self, name: str, expected: Precondition) -> None:
        """Forget a rule; raise NotFound, or Conflict when it is another revision."""
        async with lent(self._pool) as connection, connection.transaction():
            await connection.execute(_STATEMENTS["rules_next_generation"])
            present = await _one(connection, name)
            if present is None:
                raise NotFound
            _check(present, expected)
            await connection.execute(_STATEMENTS["rules_delete"], name)
            await connection.execute(_RING)


async def all_rules(connection: Connection) -> tuple[int, list[StoredRule]]:
    """Return the generation, and all rules by name."""
    rows = await connection.fetch(_STATEMENTS["rules_all"])
    stored = [
        StoredRule(row["name"], row["revision"], row["since"], row["document"])
        for row in rows
        if row["name"]
    ]
    return int(rows[0]["generation"]), stored


async def position(connection: Connection) -> int | None:
    """Return the last change that rules were asked about; None in a new installation."""
    value: int | None = await connection.fetchval(_STATEMENTS["rules_position"])
    return value


async def begin(connection: Connection, sequence: int) -> None:
    """Begin behind a change, unless somebody has begun already."""
    await connection.execute(_STATEMENTS["rules_begin"], sequence)


async def move(connection: Connection, before: int, after: int, generation: int) -> bool:
    """Move the position on, and keep the rules as they are until the end of the transaction.

    False when somebody else has moved it, or the rules are of another generation.
    """
    moved = await connection.fetchval(_STATEMENTS["rules_move"], before, after, generation)
    return moved is not None


async def _is_full(connection: Connection) -> bool:
    return int(await connection.fetchval(_STATEMENTS["rules_count"])) >= _MOST_RULES


async def _one(connection: Connection, name: str) -> StoredRule | None:
    row = await connection.fetchrow(_STATEMENTS["rules_revision"], name)
    return None if row is None else StoredRule(name, row["revision"], row["since"], row["document"])


def _is_enabled(rule: StoredRule) -> bool:
    return bool(document_of(rule).get("Enabled", True))


def _check(present: StoredRule | None, expected: Precondition) -> None:
    if expected is None:
        return
    met = expected is NONE if present is None else is_revision(present, expected)
    if not met:
        raise Conflict
