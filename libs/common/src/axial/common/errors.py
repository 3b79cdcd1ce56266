"""What can go wrong, as kinds; only the edges know their status codes.

    AxialError
    ├── Rejected            the sender's fault: the same request will fail again
    │   ├── BadParameter    an argument of the request is malformed
    │   ├── BadType         an argument that should be a number is not
    │   ├── UnknownTag      no attribute has this name
    │   ├── BadJson         a body that should be JSON is not
    │   ├── BadFormat       a body's JSON is of another shape than asked for
    │   ├── BadSequence     it is too early for that, or too late
    │   ├── NotDicom        the bytes are not a DICOM instance we can keep
    │   ├── Untranscodable  the instance cannot be written in this transfer syntax
    │   └── TooLarge        the body exceeds the configured limit
    ├── Unauthorized        no credentials, or wrong ones
    ├── Forbidden           known, and not allowed
    ├── NotFound            the named resource does not exist
    │   ├── Inexistent      the resource exists, and has no such item
    │   ├── InexistentFile  a file of this machine that is named is not there
    │   └── BlobMissing     no bytes under this key
    ├── Conflict            the state has moved on since the sender looked
    ├── StorageFull         no room for the bytes; nothing was kept
    ├── Corrupted           the bytes are there, and are not what was stored
    ├── RemoteFailed        somebody else, whom we asked, refused or failed
    │   ├── NoPresentationContext   a modality does not take, or do, what we propose
    │   ├── FindUnavailable     a modality does not offer C-FIND
    │   ├── MoveUnavailable     a modality does not offer C-MOVE
    │   ├── GetUnavailable      a modality does not offer C-GET
    │   └── UnableToProcess     a modality cannot make sense of what it is asked
    ├── JobCancelled        somebody did not want the job to end
    └── Unavailable         a collaborator is away: try again later
        └── StorageUnavailable  the blob store is away

A message never carries content of a DICOM object: it may be shown to anybody and be logged.
"""

from collections.abc import Mapping
from typing import Any


class AxialError(Exception):
    """Something went wrong in Axial."""

    #: Details for programs, told as Orthanc's `ErrorPayload`.
    payload: Mapping[str, Any] | None = None

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")

    @property
    def message(self) -> str:
        """The sentence that may be shown to the caller."""
        return str(self.args[0])


class Rejected(AxialError):
    """Bad request."""

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(message)
        #: Stable, of low cardinality: it serves as a metric label.
        self.code = code


class BadParameter(Rejected):
    """Parameter out of range."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_parameter", message)


class BadType(Rejected):
    """Bad type for a parameter."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_type", message)


class UnknownTag(Rejected):
    """Unknown DICOM tag."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("unknown_tag", message)


class BadJson(Rejected):
    """Cannot parse a JSON document."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_json", message)


class BadFormat(Rejected):
    """Bad file format."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_format", message)


class BadSequence(Rejected):
    """Bad sequence of calls."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_sequence", message)


class NotDicom(Rejected):
    """Not a DICOM instance."""


class Untranscodable(Rejected):
    """The instance cannot be written in this transfer syntax."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("untranscodable", message)


class TooLarge(Rejected):
    """The body is larger than this server accepts."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("too_large", message)


class Unauthorized(AxialError):
    """Credentials are required."""


class Forbidden(AxialError):
    """This is not allowed."""


class NotFound(AxialError):
    """Unknown resource."""


class Inexistent(NotFound):
    """Accessing an inexistent item."""


class InexistentFile(NotFound):
    """Inexistent file."""


class BlobMissing(NotFound):
    """There are no bytes under this key."""


class Conflict(AxialError):
    """The resource was changed by somebody else."""


class StorageFull(AxialError):
    """The file storage is full."""


class Corrupted(AxialError):
    """Corrupted file (e.g. inconsistent MD5 hash)."""


class RemoteFailed(AxialError):
    """Error in the network protocol."""


class NoPresentationContext(RemoteFailed):
    """No acceptable presentation context for modality."""


class FindUnavailable(RemoteFailed):
    """DicomUserConnection: The C-FIND command is not supported by the remote SCP."""


class MoveUnavailable(RemoteFailed):
    """DicomUserConnection: The C-MOVE command is not supported by the remote SCP."""


class GetUnavailable(RemoteFailed):
    """DicomUserConnection: The C-GET command is not supported by the remote SCP."""


class UnableToProcess(RemoteFailed):
    """Error in the network protocol."""


class JobCancelled(AxialError):
    """This job was canceled."""


class Unavailable(AxialError):
    """The service is not available at the moment; try again later."""


class StorageUnavailable(Unavailable):
    """The blob storage is not available at the moment; try again later."""
