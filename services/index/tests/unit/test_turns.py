"""How many long answers are made at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from axial.common.errors import Unavailable
from axial.index.turns import Turns

pytestmark = pytest.mark.unit


class Kitchen:
    """Makes pieces, and knows how many at once."""

    def __init__(self) -> None:
        self.busy = self.most = 0

    async def pieces(self, count: int) -> AsyncIterator[int]:
        """Make some, each in a while."""
        for number in range(count):
            self.busy += 1
            self.most = max(self.most, self.busy)
            for _ in range(5):
                await asyncio.sleep(0)
            self.busy -= 1
            yield number


async def test_pieces_in_turns() -> None:
    """However many ask, two are served at once, and each gets all of its pieces."""
    kitchen, turns = Kitchen(), Turns(2)

    async def ask() -> list[int]:
        return [piece async for piece in turns.each(kitchen.pieces(3))]

    assert await asyncio.gather(*(ask() for _ in range(20))) == [[0, 1, 2]] * 20
    assert kitchen.most == 2


async def test_a_reader_that_takes_nothing_holds_no_turn() -> None:
    """Nor does one that has gone."""
    turns = Turns(1)
    slow = turns.each(Kitchen().pieces(2))
    assert await anext(slow) == 0
    assert [piece async for piece in turns.each(Kitchen().pieces(2))] == [0, 1]
    gone = asyncio.create_task(_first(turns.each(Kitchen().pieces(1))))
    await asyncio.sleep(0)
    gone.cancel()
    assert await anext(slow) == 1


async def test_who_waits_too_long_for_the_first_piece_is_told() -> None:
    """What has begun goes on, however long it waits."""
    turns = Turns(1, patience_seconds=0.01)
    begun = turns.each(Kitchen().pieces(2))
    assert await anext(begun) == 0
    release = asyncio.Event()
    holder = asyncio.create_task(_first(turns.each(_when(release))))
    await asyncio.sleep(0)
    rest = asyncio.create_task(_first(begun))
    with pytest.raises(Unavailable):
        await anext(turns.each(Kitchen().pieces(1)))
    assert not rest.done()
    release.set()
    assert (await holder, await rest) == (0, 1)


async def _first(pieces: AsyncIterator[int]) -> int:
    return await anext(pieces)


async def _when(event: asyncio.Event) -> AsyncIterator[int]:
    await event.wait()
    yield 0
