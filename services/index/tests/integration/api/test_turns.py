"""Answers that list resources are made in turns."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from support.archive import Archive

from axial.common.testing.facts import instance_received
from axial.index.turns import Turns

pytestmark = pytest.mark.integration

_FIND = {"Level": "Study", "Query": {}}


async def test_who_waits_in_vain_is_told_to_come_again(archive: Archive) -> None:
    """While somebody has the only turn, whatever lists resources is answered 503; afterwards it is answered."""
    await archive.project(instance_received("A", "1", "1.1", "1.1.1"))
    turns = archive.app.state.turns = Turns(1, patience_seconds=0.01)
    released = asyncio.Event()

    async def slow() -> AsyncIterator[None]:
        await released.wait()
        yield

    holder = asyncio.create_task(_first(turns.each(slow())))
    await asyncio.sleep(0)
    questions: list[tuple[str, str, object]] = [
        ("GET", "/studies", None),
        ("GET", "/studies?expand", None),
        ("POST", "/tools/find", _FIND),
        ("POST", "/tools/find", _FIND | {"Expand": True}),
        ("POST", "/tools/bulk-content", {"Resources": ["x"]}),
        ("POST", "/tools/bulk-content", {"Resources": ["x"], "Level": "Study"}),
        ("POST", "/internal/find", {"level": "studies", "tell": ["0020,000d"]}),
    ]
    headers = {"Content-Type": "application/json"}
    for expected in (503, 200):
        for method, path, body in questions:
            content = json.dumps(body) if body else None
            answer = await archive.client.request(method, path, content=content, headers=headers)
            assert answer.status_code == expected, path
            assert answer.headers.get("retry-after") == ("1" if expected == 503 else None)
        released.set()
        await holder


async def _first(pieces: AsyncIterator[None]) -> None:
    await anext(pieces)
