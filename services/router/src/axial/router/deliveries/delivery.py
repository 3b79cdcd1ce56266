"""A delivery, as whoever carries it out knows it."""

from dataclasses import dataclass
from enum import StrEnum

from axial.dimse.sending.instances import Instance


class State(StrEnum):
    """How far a delivery is."""

    #: To be sent, now or when its time has come.
    DUE = "due"
    #: In the hands of a replica.
    SENDING = "sending"
    DELIVERED = "delivered"
    #: Given up, with a reason; an operator decides.
    DEAD = "dead"
    #: Given up, and an operator has decided that it is not to be.
    DISCARDED = "discarded"
    #: Given up here: another delivery goes to the fallback.
    DIVERTED = "diverted"
    #: The instance is not here any more.
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One that is in hand."""

    id: int
    instance: Instance
    #: Failures in a row for its own sake; an outage of the destination is none.
    attempts: int = 0
    #: At how many it is given up; 0 for never.
    maximum_attempts: int = 0
    #: Times in a row that the answer to it was lost.
    breaks: int = 0
    #: After how many failures it goes elsewhere; 0 when there is no elsewhere.
    fallback_after: int = 0
    #: Whether it may have arrived although nobody was told.
    is_doubtful: bool = False
    #: Whether the destination's having the instance would mean having this file: it never got another one of it.
    is_conclusive: bool = True
    #: Whether it may be there twice.
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """What this process grants of itself."""

    batch: int = 50
    #: Outcomes are written down when there are so many …
    most_unwritten: int = 20
    #: … or after so long, in seconds.
    longest_unwritten: float = 0.2
    #: A destination stays in hand when nothing is due, for so many seconds: to take it anew costs every single instance
    #: more than to send it.
    longest_idle: float = 5.0
    #: So often a destination is asked whether it has what is to be deleted here: for an hour and more, since it may
    #: know what it has got only later, or be away for maintenance.
    most_questions: int = 24
