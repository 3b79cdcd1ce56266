"""Work that outlives the request that asked for it, and ends before the process does."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

# Orthanc's `ConcurrentJobs`: more destinations at once are not served sooner.
_AT_ONCE = 2


class Background:
    """Does things in the order in which they were begun, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin with something as soon as it has its turn."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self, grace_seconds: float) -> None:
        """Let what was begun end, for a while; the rest is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._turns:
                await work
        except Exception as error:
            log.exception("background_failed", exc_info=error)
        finally:
            # A coroutine that never had its turn would complain of it.
            work.close()
