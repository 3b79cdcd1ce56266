"""The actions of Azure's feed, with the numbers of dicom-server's storage."""

from enum import IntEnum


class Action(IntEnum):
    """What happened to an instance."""

    CREATE = 0
    DELETE = 1
    UPDATE = 2

    @property
    def word(self) -> str:
        """The action as the documentation of the service writes it: `create`."""
        return self.name.lower()
