"""Migrations: once each, in order, from any number of replicas, never edited afterwards."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from axial.common.migrate import (
    MigrationChanged,
    SchemaTooNew,
    await_migrations,
    migrate,
    outstanding,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a package of two migrations."""
    folder = tmp_path / "some_migrations"
    folder.mkdir()
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id int);")
    (folder / "0002_two.sql").write_text("ALTER TABLE one ADD COLUMN name text;")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "some_migrations", raising=False)
    return folder


async def test_three_replicas_at_once_apply_each_file_once(
    database_url: str, package: Path
) -> None:
    """A rolling deploy starts them together."""

    async def one() -> list[str]:
        connection = await asyncpg.connect(database_url)
        try:
            return await migrate(connection, "shop", package.name)
        finally:
            await connection.close()

    applied = await asyncio.gather(one(), one(), one())
    assert sorted(applied) == [[], [], ["0001_one.sql", "0002_two.sql"]]


async def test_an_edited_file_is_refused(database_url: str, package: Path) -> None:
    """What was applied somewhere must not change its meaning elsewhere."""
    connection = await asyncpg.connect(database_url)
    try:
        await migrate(connection, "shop", package.name)
        (package / "0001_one.sql").write_text("CREATE TABLE one (id bigint);")
        with pytest.raises(MigrationChanged, match=r"0001_one\.sql"):
            await migrate(connection, "shop", package.name)
    finally:
        await connection.close()


async def test_a_failing_file_leaves_nothing_behind(database_url: str, package: Path) -> None:
    """Each file is one transaction."""
    (package / "0002_two.sql").write_text("CREATE TABLE two (id int); SELECT 1 / 0;")
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(connection, "shop", package.name)
        assert await connection.fetchval("SELECT to_regclass('shop.two')") is None
        assert await connection.fetchval("SELECT count(*) FROM shop.migrations") == 1
    finally:
        await connection.close()


async def test_an_older_release_goes_on_beside_a_newer_one(
    database_url: str, package: Path
) -> None:
    """What was added is no harm; what was taken away stops those that would miss it, and tells them so at once."""
    added, removed = package / "0003_add.sql", package / "0004_remove.sql"
    connection = await asyncpg.connect(database_url)
    try:
        added.write_text("ALTER TABLE one ADD COLUMN title text;")
        await migrate(connection, "shop", package.name)
        added.unlink()
        assert await migrate(connection, "shop", package.name) == []
        assert await outstanding(connection, "shop", package.name) == []

        added.write_text("ALTER TABLE one ADD COLUMN title text;")
        removed.write_text("-- Needs: 0003_add.sql\nALTER TABLE one DROP COLUMN name;")
        assert await migrate(connection, "shop", package.name) == ["0004_remove.sql"]
        removed.unlink()
        assert await migrate(connection, "shop", package.name) == []
        added.unlink()
        for look in (migrate, outstanding):
            with pytest.raises(
                SchemaTooNew, match=r"has 0004_remove\.sql, for releases that know 0003"
            ):
                await look(connection, "shop", package.name)
    finally:
        await connection.close()


async def test_who_does_not_migrate_waits_for_who_does(database_url: str, package: Path) -> None:
    """A service that may not change its schema starts before the migrations, and goes on after the last of them."""
    connection = await asyncpg.connect(database_url)
    try:
        second = package / "0002_two.sql"
        text = second.read_text()
        second.unlink()
        await migrate(connection, "shop", package.name)
        second.write_text(text)
        assert await outstanding(connection, "shop", package.name) == ["0002_two.sql"]
        waiting = asyncio.create_task(await_migrations(database_url, "shop", package.name))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.1)
        await migrate(connection, "shop", package.name)
        await asyncio.wait_for(waiting, 10)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("service", "schemas"),
    [("index", {"feed", "index"}), ("changefeed", {"changefeed"}), ("router", {"router"})],
)
async def test_a_service_migrates_by_command(
    database_url: str, service: str, schemas: set[str]
) -> None:
    """`python -m axial.<service> migrate` makes the service's schemas and ends, without its other settings."""
    command = (sys.executable, "-m", f"axial.{service}", "migrate")
    process = await asyncio.create_subprocess_exec(
        *command, env={"AXIAL_DATABASE_URL": database_url}, stdout=subprocess.DEVNULL
    )
    assert await asyncio.wait_for(process.wait(), 60) == 0
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'migrations'"
        )
        assert {row["schemaname"] for row in found} == schemas
    finally:
        await connection.close()
