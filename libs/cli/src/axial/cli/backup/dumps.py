"""PostgreSQL's own programs, for the schemas that are not made from the log."""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axial.cli.engines.binaries import EngineMissing, postgres_program
from axial.common.postgres import connect


class DumpFailed(Exception):
    """PostgreSQL's program did not do it; the message is one line."""


async def dump(database_url: str, schemas: Sequence[str], file: Path) -> None:
    """Write the schemas, as of one moment, in PostgreSQL's custom format."""
    options = [f"--schema={schema}" for schema in schemas]
    await _run("pg_dump", database_url, "--format=custom", *options, f"--file={file}")


async def load(database_url: str, file: Path) -> None:
    """Make what a dump holds: all of it or nothing."""
    await _run(
        "pg_restore",
        database_url,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        str(file),
    )


async def _run(name: str, database_url: str, *arguments: str) -> None:
    address, password = without_password(database_url)
    process = await asyncio.create_subprocess_exec(
        await _program(name, database_url),
        f"--dbname={address}",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Whoever lists the processes of this machine sees their arguments.
        env=os.environ | ({"PGPASSWORD": password} if password else {}),
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return
    # Its own words may quote rows, and the rows hold passwords of peers: only what is known of them is told.
    if b"version" in said or b"unrecognized configuration parameter" in said:
        raise DumpFailed(f"{name} is not of the server's release: put the server's own on PATH")
    raise DumpFailed(f"{name} ended with {process.returncode}")


async def _program(name: str, database_url: str) -> str:
    """Choose the program of the server's own release, when it is on PATH; else the wheel's, which is new.

    A newer one can read an older server, but writes what that one does not know.
    """
    connection = await connect(database_url, "")
    try:
        server = connection.get_server_version().major
    finally:
        connection.terminate()
    found = [path for path in (_of_wheel(name), shutil.which(name)) if path]
    for path in found:
        if await _release(path) == server:
            return path
    if not found:
        raise DumpFailed(f"{name} is not installed")
    return found[0]


def _of_wheel(name: str) -> str | None:
    try:
        return str(postgres_program(name))
    except EngineMissing:
        return None


async def _release(program: str) -> int:
    """Ask a program for its major release: `pg_dump (PostgreSQL) 18.1`."""
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    found = re.search(rb"\) (\d+)", said)
    return int(found[1]) if found else 0


def without_password(url: str) -> tuple[str, str]:
    """Split the password from a database's address."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    if not password:
        return url, ""
    return parts._replace(netloc=f"{name}@{host}").geturl(), unquote(password)
