"""What all couriers of a process have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from axial.dimse.sending.instances import Files
from axial.router.bell import Bell
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.delivery import Patience
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.deliveries.stumbles import Stumbles
from axial.router.destinations.port import Destinations


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Given to each of them."""

    bell: Bell
    database: DeliveryDatabase
    destinations: Destinations
    backoff: Backoff
    patience: Patience
    metrics: DeliveryMetrics
    #: Whether what is in hand is certainly ours, and more may be begun.
    may_go_on: Callable[[], bool]
    #: Another one whenever that was uncertain: what was taken in hand before may be another's by now.
    term: Callable[[], int]
    #: Whether an instance is in the archive, by its identifier; raises Unavailable.
    is_here: Callable[[str], Awaitable[bool]]
    files: Files
    stumbles: Stumbles = field(default_factory=Stumbles)
