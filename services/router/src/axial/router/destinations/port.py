"""What all destinations have in common: a line is opened, instance after instance is sent on it.

A modality, an Orthanc peer and a DICOMweb server implement it; jobs and deliveries use it.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator

Protocols: TypeAlias = Literal["dimse", "http", "none"]


class Verdict(StrEnum):
    """What became of an instance that was sent."""

    #: The destination says that it has it, perhaps with a warning.
    DELIVERED = "delivered"
    #: The destination will not take it, however often it is sent.
    REFUSED = "refused"
    #: It did not work this time, for reasons of this instance or of the moment; others may go through.
    FAILED = "failed"
    #: The destination cannot be reached, or takes nothing at all now.
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an instance, and how we know."""

    verdict: Verdict
    #: In whose numbers `status` is: a DIMSE status word, an HTTP status, or none when nobody answered.
    protocol: Protocols = "none"
    status: int = 0
    #: A sentence without patient data and without what the peer has written.
    reason: str = ""
    #: Whether it may have arrived although we were not told: the answer was lost.
    is_doubtful: bool = False
    #: Whether the way to the destination broke while it was on it: then it may be what the destination dies of.
    is_broken: bool = False
    #: What the destination asks us to wait before anything is sent to it again.
    retry_after_seconds: float | None = None


class Line(Protocol):
    """The way to one destination, opened when the first instance is sent, and again when it broke."""

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:
        """Send one instance; what goes wrong with the destination is told, not raised.

        Raises NotFound when the instance is not here any more, Unavailable when our own services are away.
        """
        ...

    async def has(self, instance: Instance) -> bool | None:
        """Ask whether the destination has an instance; None when it cannot be asked."""
        ...

    async def keeps(self, instance: Instance, md5: str) -> bool | None:
        """Ask whether it has the very file, as far as that can be asked for; else as `has`."""
        ...


class Destination(Protocol):
    """Somebody to whom instances can be sent."""

    def line(self, kinds: Iterable[Kind]) -> AbstractAsyncContextManager[Line]:
        """Prepare to send instances of some kinds."""
        ...


class DestinationKind(StrEnum):
    """Under which path of the REST API a destination is known."""

    MODALITY = "modality"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class DestinationName:
    """How a destination is named: a modality and a peer may have the same name."""

    kind: DestinationKind
    name: str


class Destinations(Protocol):
    """Who knows all destinations, as they are now."""

    def find(self, name: DestinationName) -> Destination | None:
        """Find a destination; None when there is none of this name now."""
        ...
