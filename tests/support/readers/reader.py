"""What the readers of all kinds have in common: none gives up, and each is held to the whole history."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from typing import ClassVar, NoReturn, TypeAlias

import httpx2

from support.agreement import Agreement
from support.comparing import first_difference
from support.feeds import Away, Entry

#: A fact as a reader tells it: the number it has in the reader's feed, then what happened to what.
Row: TypeAlias = tuple[int, *tuple[str, ...]]

# A consumer's own patience: short, so that every outage is met by many attempts.
POLL_SECONDS = 0.1

# How many facts a failed comparison shows of each kind.
_SHOWN = 5


class Reader(ABC):
    """Reads one feed from its beginning, for as long as it is run."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        #: What it has read, in the order in which it read it.
        self.rows: list[Row] = []
        self._numbers = (0, 0)
        self._end = 0

    @abstractmethod
    async def step(self) -> None:
        """Go on from where it is, for a while; a connection that breaks or a 503 is repeated by `run`."""

    @abstractmethod
    def told(self, history: Agreement) -> list[Row]:
        """Return what it must have read of this history."""

    async def run(self) -> NoReturn:
        """Read until cancelled, through every outage."""
        while True:
            try:
                await self.step()
            except (Away, httpx2.TransportError):
                await asyncio.sleep(POLL_SECONDS)

    def has_reached(self, history: Agreement) -> bool:
        """Tell whether it has come to the end of this history, whatever it has read on its way."""
        numbers = len(history.changes), len(history.instances)
        if numbers != self._numbers:
            # Asked again and again while it is on its way.
            self._numbers = numbers
            self._end = max((row[0] for row in self.told(history)), default=0)
        return not self._end or bool(self.rows and self.rows[-1][0] >= self._end)

    def check(self, history: Agreement) -> None:
        """It has read exactly this history: nothing missed, nothing twice, nothing out of order."""
        told = self.told(history)
        # What has happened since is not in the history, and no fault.
        rows = [row for row in self.rows if told and row[0] <= told[-1][0]]
        if rows == told:
            return
        first = first_difference(rows, told)
        raise AssertionError(
            f"{self.kind}: {len(rows)} rows of {len(told)}; first difference at row {first}:"
            f" read {rows[first : first + _SHOWN]}, told {told[first : first + _SHOWN]};"
            f" missed {sorted(set(told) - set(rows))[:_SHOWN]},"
            f" never told {sorted(set(rows) - set(told))[:_SHOWN]},"
            f" twice {[row for row, times in Counter(rows).items() if times > 1][:_SHOWN]}"
        )


def change_row(change: Entry) -> Row:
    """Normalise a change of Orthanc's feed, or an entry of `/feed/entries`."""
    return int(change["Seq"]), change["ChangeType"], change["ID"]


def change_rows(history: Agreement) -> list[Row]:
    """Return what a reader of all changes must have read."""
    return [change_row(change) for change in history.changes]


def instance_row(entry: Entry) -> Row:
    """Normalise an entry of Azure's feed."""
    names = (entry["StudyInstanceUid"], entry["SeriesInstanceUid"], entry["SopInstanceUid"])
    return int(entry["Sequence"]), entry["Action"], *names, entry["Timestamp"]


def instance_rows(history: Agreement) -> list[Row]:
    """Return what a reader of all of Azure's entries must have read."""
    return [instance_row(entry) for entry in history.instances]
