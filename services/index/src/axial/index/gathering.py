"""One question for many: what is asked while another question is under way is asked together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeAlias, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

Waiting: TypeAlias = list[tuple[Key, asyncio.Future[Value | None]]]


class Gathering(Generic[Key, Value]):
    """Looks single things up by few questions: under load one round trip serves all who ask.

    A question begins only after everybody whom it is for has asked, so nobody is told what was true before.
    """

    def __init__(self, ask: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._ask = ask
        self._waiting: Waiting[Key, Value] = []
        self._work: asyncio.Task[None] | None = None

    async def find(self, key: Key) -> Value | None:
        """Look one thing up; None when there is no such thing; raises what the question raises."""
        answer: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._work is None:
            # A task: whoever asks first may go away, and the others must not.
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        try:
            while waiting := self._waiting:
                self._waiting = []
                await self._answer(waiting)
        finally:
            self._work = None

    async def _answer(self, waiting: Waiting[Key, Value]) -> None:
        try:
            found = await self._ask(list({key for key, _ in waiting}))
        except Exception as error:  # noqa: BLE001 - it is told to everybody who asked
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answer in waiting:
            if not answer.done():  # somebody who went away
                answer.set_result(found.get(key))
