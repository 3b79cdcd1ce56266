"""The cost of a page does not grow with the feed: every read goes by an index."""

import json
from typing import Any

import pytest

from axial.changefeed.azure.windows import FINAL, FIRST
from axial.changefeed.reading.database import SQL
from axial.changefeed.testing.feed_writer import FIRST_TICKS
from axial.common.postgres import Connection, Statements

pytestmark = pytest.mark.integration

ROWS = 50_000
#: A study of this size was deleted: its changes, one after another, are hidden.
HIDDEN_FROM, HIDDEN_THROUGH = ROWS, ROWS + 200_000
LAST = HIDDEN_THROUGH + 1_000


@pytest.fixture
async def full(connection: Connection) -> Connection:
    """Fill the feeds: every tenth resource was deleted later, and a large study at once."""
    await connection.execute(
        "INSERT INTO feed.changes SELECT n, CASE WHEN n % 10 = 0 THEN 4096 ELSE 2 END, 4,"
        " 'r' || CASE WHEN n % 10 = 0 THEN n - 5 ELSE n END, n, n, NULL, NULL, NULL, NULL, '{}', '{}'"
        " FROM generate_series(1, $1) n",
        LAST,
    )
    await connection.execute(
        "INSERT INTO feed.visible_changes SELECT n FROM generate_series(1, $1) n"
        " WHERE n % 10 NOT IN (0, 5)",
        LAST,
    )
    await connection.execute("ANALYZE")
    # As the projector does it, when the index has been filled and analysed: their places stay for a while.
    await connection.execute(
        "DELETE FROM feed.visible_changes WHERE sequence > $1 AND sequence <= $2",
        HIDDEN_FROM,
        HIDDEN_THROUGH,
    )
    await connection.execute(
        "INSERT INTO feed.instance_changes SELECT n, 0, 'r' || n, '1', '1', '1',"
        " $2::bigint + n, n, n FROM generate_series(1, $1) n",
        ROWS,
        FIRST_TICKS,
    )
    await connection.execute(
        "INSERT INTO feed.stale_blocks SELECT 1, n, n FROM generate_series(1, $1) n", ROWS
    )
    await connection.execute(
        "UPDATE feed.position SET log_sequence = $1, change_sequence = $2, instance_sequence = $1",
        ROWS,
        LAST,
    )
    await connection.execute("ANALYZE feed.instance_changes, feed.stale_blocks, feed.position")
    return connection


CASES: list[tuple[str, tuple[Any, ...], int]] = [
    ("changes_ascending", (ROWS // 2, 2**63 - 1, None, 101), 101),
    ("changes_ascending", (HIDDEN_FROM - 20, 2**63 - 1, None, 101), 101),
    ("changes_ascending", (HIDDEN_FROM, 2**63 - 1, [2], 101), 101),
    ("changes_descending", (0, 2**63 - 1, None, 1), 1),
    ("changes_descending", (0, ROWS // 2, None, 101), 101),
    ("changes_descending", (0, HIDDEN_THROUGH, None, 101), 101),
    ("history_ascending", (0, 2**63 - 1, [2, 4096], 101), 101),
    ("history_ascending", (HIDDEN_FROM, 2**63 - 1, None, 101), 101),
    ("history_descending", (0, HIDDEN_THROUGH, None, 101), 101),
    ("instances_by_sequence", (ROWS // 2, ROWS // 2 + 100), 100),
    ("instances_by_time", (FIRST, FINAL, ROWS - 300, 200), 200),
    ("instances_by_time", (FIRST_TICKS + 10, FIRST_TICKS + 20, 0, 200), 10),
    ("instances_by_time", (FIRST_TICKS + 10, FIRST_TICKS + 20, 2**62, 200), 0),
    ("instance_latest", (), 1),
]


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_reads_go_by_index(full: Connection, mode: str) -> None:
    """Whatever plan Postgres settles on, a page touches about as many rows as it returns."""
    await full.execute(f"SET plan_cache_mode = {mode}")
    for statement, arguments, expected in CASES:
        text = Statements(SQL)[statement]
        rows = await full.fetch(text, *arguments)
        found = len([row for row in rows if row["sequence"] is not None])
        assert (statement, arguments, found) == (statement, arguments, expected)
        for node in await plan_of(full, text, *arguments):
            touched = node["Actual Rows"] * node["Actual Loops"]
            touched += node.get("Rows Removed by Filter", 0)
            assert touched <= 4 * expected + 10, (statement, arguments, node)
            if node.get("Relation Name") in ("changes", "visible_changes", "instance_changes"):
                assert "Index" in node["Node Type"], (statement, arguments, node)


async def plan_of(connection: Connection, text: str, *arguments: Any) -> list[dict[str, Any]]:
    """Run a statement, and list the nodes of its plan."""
    explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}"
    plan = json.loads(await connection.fetchval(explained, *arguments))[0]["Plan"]
    return walk(plan)


def walk(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """List a plan's nodes."""
    return [plan, *(node for child in plan.get("Plans", []) for node in walk(child))]
