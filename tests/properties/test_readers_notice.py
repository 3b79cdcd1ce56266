"""The readers themselves: a fault in what they are told does not go unnoticed."""

from collections.abc import AsyncIterator

import pytest
from support.agreement import Agreement
from support.feeds import Entry
from support.readers.events import Event, events_of
from support.readers.reader import Reader, Row, change_rows

pytestmark = pytest.mark.unit

_HISTORY = Agreement(
    changes=[
        Entry({"Seq": number, "ChangeType": "NewInstance", "ID": "a"}) for number in range(1, 5)
    ]
)
_ROWS = change_rows(_HISTORY)


class _Told(Reader):
    """A reader that has read what the test says."""

    kind = "told"

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.rows = rows

    async def step(self) -> None:
        """Read nothing."""

    def told(self, history: Agreement) -> list[Row]:
        """Every change."""
        return change_rows(history)


@pytest.mark.parametrize(
    "rows",
    [
        _ROWS[:2] + _ROWS[3:],
        _ROWS[:2] + _ROWS[1:],
        [_ROWS[0], _ROWS[2], _ROWS[1], _ROWS[3]],
        [*_ROWS[:2], (3, "Deleted", "a"), _ROWS[3]],
    ],
    ids=["missed", "twice", "out of order", "another fact"],
)
def test_a_fault_is_noticed(rows: list[Row]) -> None:
    """A reader at the end of the history has not thereby read it."""
    reader = _Told(rows)
    assert reader.has_reached(_HISTORY)
    with pytest.raises(AssertionError, match="told"):
        reader.check(_HISTORY)


def test_what_came_later_is_no_fault() -> None:
    """A reader may be ahead of a history that was read before."""
    reader = _Told([*_ROWS, (5, "Deleted", "a")])
    reader.check(_HISTORY)
    assert not _Told(_ROWS[:3]).has_reached(_HISTORY)


async def test_a_stream_is_parsed_as_an_event_source_does() -> None:
    """Ids without data count, comments and the block that was cut off do not (WHATWG HTML, 9.2.6)."""

    async def lines() -> AsyncIterator[str]:
        text = "retry: 1000\n\n: heart\nid: 7\n\nid:8\nevent: Deleted\ndata: a\ndata:b\n\ndata: c\n\nid: 9\ndata: d"
        for line in text.split("\n"):
            yield line

    assert [event async for event in events_of(lines())] == [
        Event("7", "message", ""),
        Event("8", "Deleted", "a\nb"),
        Event("8", "message", "c"),
    ]
