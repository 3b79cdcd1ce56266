"""Recycling over the real database: the same whatever has been loaded with a batch, and wherever batches begin."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.recycling import SimpleArchive, histories

from axial.common import postgres
from axial.common.events import Event
from axial.common.postgres import Connection
from axial.common.testing.facts import recorded
from axial.index.projector import SEARCH_PATH, BatchWriter

pytestmark = pytest.mark.integration

_CHANGES = "SELECT sequence, change_type, resource_id, ticks FROM changes ORDER BY sequence"


class _Undo(Exception):
    """End a transaction without a trace."""


async def _project(
    connection: Connection, events: Sequence[Event], lengths: Sequence[int]
) -> tuple[list[str], set[str], list[tuple[object, ...]], int]:
    """Fold a history in batches of these lengths, the last one for ever; tell decisions, instances, changes, bytes."""
    found: tuple[list[str], set[str], list[tuple[object, ...]], int] | None = None
    with suppress(_Undo):
        async with connection.transaction():
            writer = await BatchWriter.open(connection)
            decisions: list[str] = []
            start = 0
            cuts = [*lengths]
            while start < len(events):
                length = cuts.pop(0) if cuts else 7
                batch = [
                    recorded(event, number)
                    for number, event in enumerate(events[start : start + length], start + 1)
                ]
                decisions += [outcome.decision for outcome in await writer.project(batch)]
                start += length
            rows = await connection.fetch("SELECT id FROM instances")
            changes = await connection.fetch(_CHANGES)
            size = await connection.fetchval("SELECT disk_size_bytes FROM totals")
            found = decisions, {row["id"] for row in rows}, [tuple(row) for row in changes], size
            raise _Undo
    assert found is not None, "it is told before it is undone"
    return found


@pytest.mark.parametrize("examples", [25, pytest.param(1500, marks=pytest.mark.long)])
def test_batches_do_not_matter(index_url: str, examples: int) -> None:
    """The database's projector decides as the simplest archive does, and writes the same history in any batches."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(histories(), st.lists(st.integers(1, 12), max_size=12))
    def agree(events: Sequence[Event], lengths: Sequence[int]) -> None:
        simple = SimpleArchive()
        expected = [simple.apply(event) for event in events]

        async def both() -> None:
            connection = await postgres.connect(index_url, SEARCH_PATH, projecting=True)
            try:
                decisions, instances, changes, size = await _project(connection, events, lengths)
                assert decisions == expected
                assert instances == simple.instances
                assert size == sum(patient.size for patient in simple.patients.values())
                one_by_one = await _project(connection, events, [1] * len(events))
                assert one_by_one == (decisions, instances, changes, size)
            finally:
                await connection.close()

        asyncio.run(both())

    agree()
