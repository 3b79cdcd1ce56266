"""Wait for a condition instead of sleeping for a guess."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

# Short enough that a passing test is not slowed, long enough not to spin on two cores.
_PAUSE_SECONDS = 0.02


class NeverHappened(AssertionError):
    """The awaited condition did not come true in time."""


async def eventually(
    probe: Callable[[], Any],
    *,
    within: float = 30.0,
    retry_on: tuple[type[Exception], ...] = (AssertionError,),
) -> Any:
    """Return the probe's first truthy (or non-raising None) answer, asking again until `within` seconds."""
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            answer = probe()
            value = await answer if inspect.isawaitable(answer) else answer
            if value or value is None:
                return value
            last = value
        except retry_on as error:
            last = error
        if time.monotonic() > deadline:
            raise NeverHappened(f"not within {within} s; last seen: {last!r}") from (
                last if isinstance(last, BaseException) else None
            )
        await asyncio.sleep(_PAUSE_SECONDS)


def eventually_sync(
    probe: Callable[[], Any],
    *,
    within: float = 30.0,
    retry_on: tuple[type[Exception], ...] = (AssertionError,),
) -> Any:
    """Do the same from a test that has no event loop."""
    return asyncio.run(eventually(probe, within=within, retry_on=retry_on))
