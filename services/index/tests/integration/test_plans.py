"""The cost of a batch does not grow with the archive: whatever Postgres knew when it planned, it goes by index."""

import json
import re
from typing import Any

import pytest

from axial.common.postgres import Statements, connect
from axial.index.projector import SEARCH_PATH

pytestmark = pytest.mark.integration

# One row each.
_SMALL = {"position", "totals"}


@pytest.mark.parametrize(
    "statement",
    [
        "project_batch",
        "load_resources",
        "load_families",
        "load_ancestry",
        "load_index_counts",
        "project_trash",
        "project_restore",
        "project_emptying",
        "remove_from_trash",
        "find_unknown_blobs",
        "load_trashed_resources",
        "measure_restore",
    ],
)
async def test_a_plan_made_for_empty_tables_goes_by_index(index_url: str, statement: str) -> None:
    """A prepared plan is kept while an import makes the tables large: none may read one whole."""
    text = Statements("axial.index.sql")[statement]
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", text))
    connection = await connect(index_url, SEARCH_PATH, projecting=True)
    try:
        await connection.execute(f"PREPARE planned AS {text}")
        arguments = ", ".join(["NULL"] * parameters)
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned ({arguments})")
    finally:
        await connection.close()
    reads = [
        node
        for node in nodes(json.loads(plan)[0]["Plan"])
        if "Scan" in node["Node Type"] and node.get("Relation Name", "position") not in _SMALL
    ]
    assert reads
    for node in reads:
        assert "Index Cond" in node or "Recheck Cond" in node, node


async def test_a_batch_is_not_planned_anew(index_url: str) -> None:
    """Postgres keeps the plan of the statement that writes a batch, and makes none for a batch's own values."""
    text = Statements("axial.index.sql")["project_batch"]
    arguments = ", ".join(["NULL"] * max(int(number) for number in re.findall(r"\$(\d+)", text)))
    connection = await connect(index_url, SEARCH_PATH, projecting=True)
    try:
        await connection.execute(f"PREPARE planned AS {text}")
        # The fence holds: at no position, nothing is written.
        assert await connection.fetch(f"EXECUTE planned ({arguments})") == []
        custom_plans = await connection.fetchval(
            "SELECT custom_plans FROM pg_prepared_statements WHERE name = 'planned'"
        )
    finally:
        await connection.close()
    assert custom_plans == 0


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """List a plan's nodes."""
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]
