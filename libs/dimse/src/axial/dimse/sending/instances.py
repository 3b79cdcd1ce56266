"""What is to be sent, and where its bytes come from."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance, as far as one must know it to send it."""

    #: Orthanc's identifier.
    id: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


class Transcoder(Protocol):
    """Whoever writes files in other transfer syntaxes, when pixels have to be touched for it."""

    def open(
        self, instance_id: str, transfer_syntax_uid: str, /
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Read a file piece by piece; raise Untranscodable at once, NotFound or Unavailable also in the middle."""
        ...


class Files(Protocol):
    """Whoever has the files."""

    def open(self, instance_id: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Read a file piece by piece; raise NotFound or Unavailable, also in the middle."""
        ...


@dataclass(frozen=True, slots=True)
class Conversion:
    """How instances are written for who does not take them as they are."""

    transcoder: Transcoder
    #: In which transfer syntaxes, the better first.
    targets: Sequence[str]
