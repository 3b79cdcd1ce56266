"""An event as the log holds it."""

from dataclasses import dataclass
from typing import NewType

from axial.common.events import AnyEvent, Envelope
from axial.common.ticks import Ticks

LogSequence = NewType("LogSequence", int)


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
