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
        self._asking: list[asyncio.Future[T]] = []
        self._answering: asyncio.Task[None] | None = None

    async def __call__(self) -> T:
        """Return the answer of a call that starts from now on; an asker who gives up disturbs nobody."""
        asker: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asking.append(asker)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer())
        return await asker

    async def _answer(self) -> None:
        """Call as long as somebody asks, each time for those who have asked by then."""
        try:
            while self._asking:
                askers, self._asking = self._asking, []
                await self._answer_once(askers)
        finally:
            self._answering = None

    async def _answer_once(self, askers: list[asyncio.Future[T]]) -> None:
        try:
            answer = await self._call()
        except Exception as error:  # noqa: BLE001 - it is the askers' to handle
            for asker in askers:
                if not asker.done():
                    asker.set_exception(error)
        else:
            for asker in askers:
                if not asker.done():
                    asker.set_result(answer)
        finally:
            for asker in askers:
                # Only when the loop is closing: nobody is left waiting for what never comes.
                asker.cancel()
