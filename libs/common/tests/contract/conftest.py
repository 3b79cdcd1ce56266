"""The contracts of blobs are examined on both event loops: services run on uvloop, tools need not."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Name the event loops of one test."""
    loops: dict[str, LoopFactory] = {"asyncio": asyncio.new_event_loop}
    if item.path.name.startswith("test_blobs"):
        loops["uvloop"] = uvloop.new_event_loop
    return loops
