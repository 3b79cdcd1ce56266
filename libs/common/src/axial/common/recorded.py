"""An event as the log holds it."""

import re
from dataclasses import dataclass
from typing import NewType

from axial.common.events import AnyEvent, Envelope
from axial.common.ticks import Ticks

LogSequence = NewType("LogSequence", int)

# Any number that a log comes to, and none that Postgres cannot take.
_SEQUENCE = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as the log holds it."""

    sequence: LogSequence
    #: When it became durable, by the log's clock.
    ticks: Ticks
    envelope: Envelope
    event: AnyEvent
    #: Where the outcome is awaited; empty when nobody waits.
    reply_to: str = ""


def read_sequence(text: str) -> LogSequence | None:
    """Read the number of an event from a path; None when it is none."""
    return LogSequence(int(text)) if _SEQUENCE.fullmatch(text) else None
