"""Numbered `.sql` files, applied once each, forward only, safe to run from every replica at once."""

import asyncio
import hashlib
from importlib import resources

import structlog

from axial.common.postgres import AWAY, Connection, connect

log = structlog.get_logger(__name__)

# Any constant will do, as long as no other advisory lock of ours has it.
_LOCK = 0x41584D49
# A Postgres that starts after us is found within this time.
_RETRY_SECONDS = 0.5


class MigrationChanged(Exception):
    """A file was edited after it had been applied: write a new one instead."""


async def migrate(connection: Connection, schema: str, package: str) -> list[str]:
    """Bring a schema up to date with a package's files; return the names of those applied now.

    Each file runs in its own transaction with `search_path` set to the schema, so that the same files also
    build a second copy of the schema beside the first.
    """
    files = sorted(
        (file for file in resources.files(package).iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    applied = []
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        name = _quoted(schema)
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name}.migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL)"
        )
        rows = await connection.fetch(f"SELECT name, sha256 FROM {name}.migrations")  # noqa: S608 - quoted
        known = {row["name"]: row["sha256"] for row in rows}
        for file in files:
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if file.name in known:
                if known[file.name] != digest:
                    raise MigrationChanged(f"{schema}: {file.name}")
                continue
            async with connection.transaction():
                await connection.execute(f"SET LOCAL search_path = {name}")
                await connection.execute(text)
                await connection.execute(
                    f"INSERT INTO {name}.migrations (name, sha256) VALUES ($1, $2)",  # noqa: S608 - quoted
                    file.name,
                    digest,
                )
            log.info("migration_applied", migration=f"{schema}/{file.name}")
            applied.append(file.name)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    return applied


async def migrate_when_there(url: str, schema: str, package: str) -> None:
    """Bring a schema up to date as soon as Postgres answers."""
    told = False
    while True:
        try:
            connection = await connect(url, schema)
            try:
                await migrate(connection, schema, package)
            finally:
                connection.terminate()
        except AWAY as error:
            if not told:  # once an outage, not once an attempt
                log.warning("engine_away", engine="postgres", error=type(error).__name__)
            told = True
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
