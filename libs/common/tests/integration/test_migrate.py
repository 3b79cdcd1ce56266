"""Migrations: once each, in order, from any number of replicas, never edited afterwards."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest

from axial.common.migrate import MigrationChanged, migrate

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
