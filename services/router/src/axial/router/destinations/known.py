"""All destinations, by their names."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from axial.common.known_modalities import KnownModalities
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Destination, DestinationKind, DestinationName

#: Finds a destination of one kind; None when there is none of this name now.
Find: TypeAlias = Callable[[str], Destination | None]


class KnownDestinations:
    """Asks whoever knows the destinations of a kind."""

    def __init__(self, by_kind: Mapping[DestinationKind, Find]) -> None:
        self._by_kind = by_kind

    def find(self, name: DestinationName) -> Destination | None:
        """Find a destination; None when there is none of this name now."""
        find = self._by_kind.get(name.kind)
        return None if find is None else find(name.name)


def finding_modalities(known: KnownModalities, means: Means) -> Find:
    """Find modalities, as they are when they are looked for."""

    def find(name: str) -> Destination | None:
        modality = known.value.get(name)
        return None if modality is None else means.to(modality)

    return find
