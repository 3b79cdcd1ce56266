"""What has come by a command, as its job tells it."""

from collections.abc import Iterable


class Receipts:
    """Instances by their identifiers, in the order in which they came; one that comes again is told once."""

    def __init__(self, told: list[str]) -> None:
        #: Where the job tells them, perhaps some from before its replica died.
        self._told = told
        self._known = set(told)

    def add(self, instance_ids: Iterable[str]) -> None:
        """Note what has come."""
        for instance_id in instance_ids:
            if instance_id not in self._known:
                self._known.add(instance_id)
                self._told.append(instance_id)
