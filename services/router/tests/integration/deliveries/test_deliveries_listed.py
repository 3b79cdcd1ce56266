"""A list reads what it shows, however much there is beside it."""

import json
from collections.abc import Sequence

import pytest

from axial.common.postgres import Statements
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.delivery import State
from axial.router.deliveries.selection import Page, Selection
from axial.router.destinations.port import DestinationKind
from axial.router.parts import Parts

pytestmark = pytest.mark.integration

_DELIVERED, _DUE = 8000, 2000
_MODALITY = DestinationKind.MODALITY
# To read all of these rows is to read some hundred pages.
_MOST_PAGES = 120

_DESTINATIONS = "INSERT INTO destinations (kind, name) VALUES ('modality', 'A'), ('modality', 'B')"
_FILL = """
INSERT INTO deliveries (
    destination, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
    rules, priority, maximum_attempts, state, ended_at
)
SELECT (SELECT id FROM destinations WHERE name = $1), $1 || number, md5($1 || number), repeat('1', 26), repeat('2', 40),
       repeat('3', 20), 1, number, '{rule}', 0, 0, $2, CASE $2 WHEN 'delivered' THEN now() END
FROM generate_series(1, $3::integer) AS number
"""
# What is asked for, and the numbers of the first page of ten.
_PAGES: Sequence[tuple[Selection, range]] = [
    (Selection(), range(1, 11)),
    (Selection(state=State.DUE), range(_DELIVERED + 1, _DELIVERED + 11)),
    (Selection(state=State.DELIVERED), range(1, 11)),
    (Selection(state=State.DEAD), range(0)),
    (Selection(kind=_MODALITY, name="B"), range(_DELIVERED + 1, _DELIVERED + 11)),
    (Selection(kind=_MODALITY, name="C"), range(0)),
    (Selection(state=State.DUE, kind=_MODALITY, name="A"), range(0)),
    (Selection(state=State.DUE, rule="rule"), range(_DELIVERED + 1, _DELIVERED + 11)),
    (Selection(instance="B7"), range(_DELIVERED + 7, _DELIVERED + 8)),
    (Selection(instance="B7", state=State.DEAD), range(0)),
]


async def test_pages_read(parts: Parts) -> None:
    """A page costs the same whichever deliveries are asked for, has the right ones, and the next follows it."""
    await parts.pool.execute(_DESTINATIONS)
    await parts.pool.execute(_FILL, "A", "delivered", _DELIVERED)
    await parts.pool.execute(_FILL, "B", "due", _DUE)
    # As it happens by itself: of so small a table as the destinations Postgres never knows how small it is.
    await parts.pool.execute("ANALYZE deliveries")
    administration = Administration(parts.pool)
    for wanted, numbers in _PAGES:
        found = await administration.find(wanted, Page(limit=10))
        assert [row["id"] for row in found] == [*numbers]
        # As Postgres plans it for these arguments, and for any.
        for plans in ("force_custom_plan", "force_generic_plan"):
            assert await _pages(parts, wanted, plans) <= _MOST_PAGES, (wanted, plans)

    last, seen = 0, 0
    while rows := await administration.find(Selection(state=State.DUE), Page(last, 700)):
        last, seen = rows[-1]["id"], seen + len(rows)
    assert seen == _DUE


async def _pages(parts: Parts, wanted: Selection, plans: str) -> int:
    """Count the pages that a list reads."""
    place = (wanted.state, wanted.kind, wanted.name)
    values = (0, 10, *place, wanted.rule, wanted.instance, wanted.reason)
    statement = Statements("axial.router.sql")["delivery_list"]
    async with parts.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {plans}")
        (told,) = json.loads(
            await connection.fetchval(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values
            )
        )
    return int(told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"])
