"""What went wrong with a modality, in Orthanc's words: never in those of the modality."""

from axial.common.errors import (
    AxialError,
    FindUnavailable,
    GetUnavailable,
    MoveUnavailable,
    RemoteFailed,
    UnableToProcess,
)
from axial.dimse.asking.conversation import Broken, NotOffered
from axial.dimse.upper_layer.requestor import Refused

_UNAVAILABLE: dict[str, type[AxialError]] = {
    "C-FIND": FindUnavailable,
    "C-MOVE": MoveUnavailable,
    "C-GET": GetUnavailable,
}
# A failure that means what was asked, more often than not.
_UNABLE_TO_PROCESS = 0xC000
_HINTS = {"C-FIND": "invalid query ?", "C-MOVE": "resource not found ?"}

WRONG = (Refused, Broken, NotOffered)
"""What a conversation with a modality raises."""


def told(error: Refused | Broken | NotOffered, command: str, aet: str) -> AxialError:
    """Tell why a command could not be carried out."""
    match error:
        case Refused():
            return RemoteFailed(f'DicomAssociation - connecting to AET "{aet}": {error}')
        case NotOffered():
            return _UNAVAILABLE[command](f"Remote AET is {aet}")
    return RemoteFailed(
        f'DicomAssociation - {command} to AET "{aet}": the association has ended, or nothing came for too long'
    )


def failed(status: int, command: str, aet: str, *, is_job: bool) -> AxialError:
    """Tell with which status a command has ended.

    In a job, which has a status of its own, Orthanc does not tell apart what the modality is unable to process.
    """
    message = f'{command} SCU to AET "{aet}" has failed with DIMSE status 0x{status:04X}'
    if status != _UNABLE_TO_PROCESS:
        return RemoteFailed(message)
    if hint := _HINTS.get(command):
        message += f" (unable to process - {hint})"
    return RemoteFailed(message) if is_job else UnableToProcess(message)
