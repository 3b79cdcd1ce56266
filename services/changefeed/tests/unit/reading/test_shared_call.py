"""Sharing a call, and never an answer older than its question."""

import asyncio

import pytest

from axial.changefeed.reading.shared_call import SharedCall
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.unit


class Oracle:
    """Answers when it is told to, with the number of the call."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate = asyncio.Semaphore(0)

    async def __call__(self) -> int:
        """Wait for the gate."""
        self.calls += 1
        number = self.calls
        await self.gate.acquire()
        return number


async def test_a_call_under_way_is_not_shared() -> None:
    """Who asks while a call runs gets the next one; all who ask meanwhile share it."""
    oracle = Oracle()
    shared = SharedCall(oracle)
    first = asyncio.create_task(shared())
    await eventually(lambda: oracle.calls == 1)
    later = [asyncio.create_task(shared()) for _ in range(20)]
    oracle.gate.release()
    assert await first == 1
    await eventually(lambda: oracle.calls == 2)
    oracle.gate.release()
    assert await asyncio.gather(*later) == [2] * 20
    assert oracle.calls == 2


async def test_one_who_gives_up_disturbs_nobody() -> None:
    """Cancelling an asker leaves the call to the others."""
    oracle = Oracle()
    shared = SharedCall(oracle)
    leaving = asyncio.create_task(shared())
    staying = asyncio.create_task(shared())
    await eventually(lambda: oracle.calls == 1)
    leaving.cancel()
    oracle.gate.release()
    assert await staying == 1


async def test_a_failure_reaches_its_askers_only() -> None:
    """A call that fails fails for those who waited for it; the next is a new one."""
    answers: list[int | Exception] = [OSError("away"), 7]

    async def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = SharedCall(ask)
    with pytest.raises(OSError, match="away"):
        await shared()
    assert await shared() == 7
