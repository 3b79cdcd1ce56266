"""What rules want to be delivered."""

from dataclasses import dataclass

from axial.router.destinations.port import DestinationName
from axial.router.index_client import Outbound


@dataclass(frozen=True, slots=True)
class Fallback:
    """Where an instance goes instead, when its destination has failed too often."""

    destination: DestinationName
    #: Attempts that failed in a row, at this instance or at the destination as a whole.
    after_failures: int


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an instance is delivered."""

    #: Higher ones go first at each destination.
    priority: int = 0
    #: Attempts at this instance until it is given up; an outage of the whole destination is none.
    maximum_attempts: int = 10
    #: Seconds after which it is given up even so; 0 for never.
    give_up_after_seconds: int = 0
    fallback: Fallback | None = None
    #: Whether the instance is deleted here once all its deliveries of this rule are confirmed by their destinations.
    delete_after: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One instance for one destination."""

    rule: str
    destination: DestinationName
    outbound: Outbound
    #: `Seq` of the change that asked for it.
    change_sequence: int
    terms: Terms
