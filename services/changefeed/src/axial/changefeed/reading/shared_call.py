"""One question asked once for everybody who wants the answer at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedCall(Generic[T]):
    """Share a call between concurrent askers, but only with those who asked before it started.

    An answer that was under way when somebody asked may be older than the question; such an asker
    gets the next call, with all the others who came meanwhile.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._next: asyncio.Task[T] | None = None
        self._latest: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Return the answer of a call that starts from now on; an asker who gives up disturbs nobody."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._latest))
            self._next.add_done_callback(_note_failure)
            self._latest = self._next
        return await asyncio.shield(self._next)

    async def _after(self, previous: asyncio.Task[T] | None) -> T:
        if previous is not None:
            await asyncio.wait({previous})
        self._next = None  # from here on the call counts as started
        return await self._call()


def _note_failure(task: asyncio.Task[T]) -> None:
    """Look at the error, so that asyncio does not report it when every asker has given up."""
    if not task.cancelled():
        task.exception()
