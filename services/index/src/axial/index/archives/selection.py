"""Which resources an archive is made of: patients, studies and series, whole or in part. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from axial.common.identifiers import Level, ResourceId


@dataclass(frozen=True, slots=True)
class Lineage:
    """A resource with what it belongs to: its identifiers from the patient down to itself."""

    ids: tuple[ResourceId, ...]

    @property
    def level(self) -> Level:
        """The level of the resource."""
        return Level(len(self.ids))


@dataclass(slots=True)
class Branch:
    """A resource of an archive, or the root above the patients."""

    #: All that is below belongs to the archive; otherwise what is named below does.
    is_whole: bool = False
    named: dict[ResourceId, "Branch"] = field(default_factory=dict)

    def add(self, lineage: Lineage) -> None:
        """Add a resource; what is in the archive already stays there once."""
        branch = self
        for resource_id in lineage.ids:
            if branch.is_whole:
                return
            branch = branch.named.setdefault(resource_id, Branch())
        branch.is_whole = True
        branch.named.clear()


def select(lineages: Iterable[Lineage]) -> Branch:
    """Put resources of any levels together to one tree."""
    root = Branch()
    for lineage in lineages:
        root.add(lineage)
    return root
