"""Waiting without sleeping, for tests that import nothing of ours."""

from collections.abc import Awaitable, Callable
from typing import Any

from axial.common.testing.eventually import eventually, eventually_sync

__all__ = ["eventually_sync", "until"]


async def until(
    probe: Callable[[], Awaitable[object]],
    *,
    within: float = 30.0,
    retry_on: tuple[type[Exception], ...] = (AssertionError,),
) -> None:
    """Return when the probe's answer is true, or when it answers None instead of failing."""

    async def ask() -> Any:
        return await probe()

    await eventually(ask, within=within, retry_on=retry_on)
