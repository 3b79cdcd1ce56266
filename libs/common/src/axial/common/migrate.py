"""Numbered `.sql` files, applied once each, forward only, safe to run from every replica at once."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable

import structlog
from asyncpg import Record

from axial.common.errors import AxialError
from axial.common.postgres import AWAY, Connection, connect

log = structlog.get_logger(__name__)

# Any constant will do, as long as no other advisory lock of ours has it.
_LOCK = 0x41584D49
# A Postgres that starts after us is found within this time.
_RETRY_SECONDS = 0.5


# What a file takes away from older releases stands on top of it: the last file that a release must know to go on.
_NEEDS = re.compile(r"^-- Needs: (\S+\.sql)$", re.MULTILINE)


class MigrationChanged(AxialError):
    """A file was edited after it had been applied: write a new one instead."""


class SchemaTooNew(AxialError):
    """A newer release has taken away from the schema what this one uses: run that one."""


async def migrate(connection: Connection, schema: str, package: str) -> list[str]:
    """Bring a schema up to date with a package's files; return the names of those applied now.

    Each file runs in its own transaction with `search_path` set to the schema, so that the same files also
    build a second copy of the schema beside the first. What a newer release has added is no harm; raise
    SchemaTooNew when it has taken something away.
    """
    applied = []
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        name = _quoted(schema)
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name}.migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL, needs text)"
        )
        rows = await connection.fetch(f"SELECT name, sha256, needs FROM {name}.migrations")  # noqa: S608 - quoted
        known = {row["name"]: row["sha256"] for row in rows}
        files = _files(package)
        _refuse_newer(schema, files, rows)
        for file in files:
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if file.name in known:
                if known[file.name] != digest:
                    raise MigrationChanged(
                        f"schema {schema}: {file.name} is not the file that was applied"
                    )
                continue
            async with connection.transaction():
                await connection.execute(f"SET LOCAL search_path = {name}")
                await connection.execute(text)
                await connection.execute(
                    f"INSERT INTO {name}.migrations (name, sha256, needs) VALUES ($1, $2, $3)",  # noqa: S608 - quoted
                    file.name,
                    digest,
                    found[1] if (found := _NEEDS.search(text)) else None,
                )
            log.info("migration_applied", migration=f"{schema}/{file.name}")
            applied.append(file.name)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    return applied


async def outstanding(connection: Connection, schema: str, package: str) -> list[str]:
    """Name the files of a package that have not been applied to a schema, which may not be there yet."""
    table = f"{_quoted(schema)}.migrations"
    known: set[str] = set()
    files = _files(package)
    if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table):
        rows = await connection.fetch(f"SELECT name, needs FROM {table}")  # noqa: S608 - quoted
        known = {row["name"] for row in rows}
        _refuse_newer(schema, files, rows)
    return [file.name for file in files if file.name not in known]


async def prepare_schemas(url: str, schemas: Mapping[str, str], *, migrates: bool) -> None:
    """Return when each schema is as its package wants it: brought there by us, or else by somebody else."""
    for schema, package in schemas.items():
        if migrates:
            await migrate_when_there(url, schema, package)
        else:
            await await_migrations(url, schema, package)


async def migrate_when_there(url: str, schema: str, package: str) -> None:
    """Bring a schema up to date as soon as Postgres answers."""

    async def apply(connection: Connection) -> bool:
        await migrate(connection, schema, package)
        return True

    await _until(url, schema, apply)


async def await_migrations(url: str, schema: str, package: str) -> None:
    """Wait until somebody else has brought a schema up to date."""
    told = False

    async def look(connection: Connection) -> bool:
        nonlocal told
        left = await outstanding(connection, schema, package)
        if left and not told:  # once a wait, not once a look
            log.info("migration_awaited", migration=f"{schema}/{left[0]}", count=len(left))
            told = True
        return not left

    await _until(url, schema, look)


async def _until(url: str, schema: str, attempt: Callable[[Connection], Awaitable[bool]]) -> None:
    """Attempt on a connection of its own each time, until it says that it is done."""
    told = False
    while True:
        try:
            connection = await connect(url, schema)
            try:
                done = await attempt(connection)
            finally:
                connection.terminate()
        except AWAY as error:
            if not told:  # once an outage, not once an attempt
                log.warning("engine_away", engine="postgres", error=type(error).__name__)
            told = True
        else:
            if done:
                return
            told = False
        await asyncio.sleep(_RETRY_SECONDS)


def _refuse_newer(schema: str, files: Sequence[Traversable], applied: Sequence[Record]) -> None:
    """Raise SchemaTooNew when a file was applied that needs one which this release does not know."""
    names = {file.name for file in files}
    for row in applied:
        if row["needs"] is not None and row["needs"] not in names:
            raise SchemaTooNew(
                f"schema {schema} has {row['name']}, for releases that know {row['needs']}"
            )


def _files(package: str) -> list[Traversable]:
    return sorted(
        (file for file in resources.files(package).iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
