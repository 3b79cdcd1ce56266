"""Questions that are asked together."""

import asyncio

import pytest

from axial.common.errors import Unavailable
from axial.index.gathering import Gathering

pytestmark = pytest.mark.unit


class Questions:
    """Answers each number with its double, when it is told to; 0 is not there, and -1 fails."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def ask(self, numbers: list[int]) -> dict[int, int]:
        """Note what is asked."""
        self.asked.append(sorted(numbers))
        await self.may_answer.wait()
        if -1 in numbers:
            raise Unavailable
        return {number: 2 * number for number in numbers if number}


async def turn() -> None:
    """Let everything go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_asks_meanwhile_is_answered_by_the_next_question() -> None:
    """What is asked while a question is under way is one question more, begun after all had asked."""
    questions = Questions()
    gathering = Gathering(questions.ask)
    first = asyncio.create_task(gathering.find(1))
    await turn()
    others = [asyncio.create_task(gathering.find(number)) for number in (2, 3, 1, 0, 2)]
    await turn()
    assert questions.asked == [[1]]
    questions.may_answer.set()
    assert await first == 2
    assert await asyncio.gather(*others) == [4, 6, 2, None, 4]
    assert questions.asked == [[1], [0, 1, 2, 3]]


async def test_who_goes_away_takes_nobody_along() -> None:
    """The others are answered, also when the first to ask is gone."""
    questions = Questions()
    gathering = Gathering(questions.ask)
    gone = asyncio.create_task(gathering.find(1))
    other = asyncio.create_task(gathering.find(2))
    await turn()
    gone.cancel()
    await turn()
    questions.may_answer.set()
    assert await other == 4
    assert gone.cancelled()


async def test_a_failure_is_told_to_all_who_asked_and_to_nobody_after() -> None:
    """The next question is a new one."""
    questions = Questions()
    questions.may_answer.set()
    gathering = Gathering(questions.ask)
    told = await asyncio.gather(gathering.find(-1), gathering.find(4), return_exceptions=True)
    assert [type(error) for error in told] == [Unavailable, Unavailable]
    assert await gathering.find(4) == 8
