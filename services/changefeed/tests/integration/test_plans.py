"""The cost of a page does not grow with the feed: every read goes by an index."""

import json
from typing import Any

import pytest

from axial.changefeed.azure.windows import FINAL, FIRST
from axial.changefeed.reading.database import SQL
from axial.changefeed.testing.feed_writer import FIRST_TICKS
from axial.common.migrate import migrate
from axial.common.postgres import Connection, Statements

pytestmark = pytest.mark.integration

ROWS = 50_000


@pytest.fixture
async def full(connection: Connection) -> Connection:
    """Fill the feeds: every tenth resource was deleted later."""
    await migrate(connection, "changefeed", "axial.changefeed.migrations")
    await connection.execute(
        "INSERT INTO feed.changes SELECT n, CASE WHEN n % 10 = 0 THEN 4096 ELSE 2 END, 4,"
        " 'r' || CASE WHEN n % 10 = 0 THEN n - 5 ELSE n END, n, n FROM generate_series(1, $1) n",
        ROWS,
    )
    await connection.execute(
        "INSERT INTO feed.instance_changes SELECT n, 0, 'r' || n, '1', '1', '1',"
        " $2::bigint + n, n, n FROM generate_series(1, $1) n",
        ROWS,
        FIRST_TICKS,
    )
    await connection.execute(
        "UPDATE feed.position SET log_sequence = $1, change_sequence = $1, instance_sequence = $1",
        ROWS,
    )
    await connection.execute("ANALYZE")
    return connection


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize(
    ("statement", "arguments", "expected"),
    [
        ("changes_ascending", (ROWS // 2, 2**63 - 1, None, 101, False), 101),
        ("changes_ascending", (0, 2**63 - 1, [2, 4096], 101, True), 101),
        ("changes_descending", (0, 2**63 - 1, None, 1, False), 1),
        ("changes_descending", (0, ROWS // 2, None, 101, False), 101),
        ("instances_by_sequence", (ROWS // 2, ROWS // 2 + 100), 100),
        ("instances_by_time", (FIRST, FINAL, ROWS - 300, 200), 200),
        ("instances_by_time", (FIRST_TICKS + 10, FIRST_TICKS + 20, 0, 200), 10),
        ("instances_by_time", (FIRST_TICKS + 10, FIRST_TICKS + 20, 2**62, 200), 0),
        ("instance_latest", (), 1),
    ],
)
async def test_reads_go_by_index(
    full: Connection, mode: str, statement: str, arguments: tuple[Any, ...], expected: int
) -> None:
    """Whatever plan Postgres settles on, a page touches about as many rows as it returns."""
    text = Statements(SQL)[statement]
    await full.execute(f"SET plan_cache_mode = {mode}")
    rows = await full.fetch(text, *arguments)
    assert len([row for row in rows if row["sequence"] is not None]) == expected
    plan = json.loads(
        await full.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", *arguments)
    )[0]["Plan"]
    for node in walk(plan):
        touched = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
        assert touched <= 4 * expected + 10, node
        if node.get("Relation Name") in ("changes", "instance_changes"):
            assert "Index" in node["Node Type"], node


def walk(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """List a plan's nodes."""
    return [plan, *(node for child in plan.get("Plans", []) for node in walk(child))]
