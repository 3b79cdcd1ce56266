"""Why a job failed, in a form that can be kept and become an error again, in any process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from axial.common import errors
from axial.common.problems import PROBLEMS, problem_of
from axial.router.jobs.kind import JobFailed

_DIMSE = "DimseErrorStatus"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of a job."""

    #: The name of an error of ours; that of their base for what should not have happened.
    kind: str
    details: str = ""
    payload: Mapping[str, Any] | None = None

    @property
    def code(self) -> int:
        """Orthanc's number of it."""
        return problem_of(self.error()).orthanc_status

    @property
    def description(self) -> str:
        """Orthanc's words for it."""
        return problem_of(self.error()).orthanc_error

    def error(self) -> errors.AxialError:
        """Make it an error to be raised; one of a kind that only a newer process knows is an internal one."""
        found = getattr(errors, self.kind, None)
        kind = errors.AxialError
        if isinstance(found, type) and issubclass(found, errors.AxialError):
            kind = found
        error = kind.__new__(kind)
        errors.AxialError.__init__(error, self.details or None)
        if isinstance(error, errors.Rejected):
            error.code = "job"
        error.payload = self.payload
        return error


CANCELLED = Fault(errors.JobCancelled.__name__)


def fault_of(error: Exception) -> Fault:
    """Keep an error; of what is not ours nothing is told."""
    payload = None
    if isinstance(error, JobFailed):
        payload = _typed(error.payload)
        error = error.error
    if not isinstance(error, errors.AxialError):
        return Fault(errors.AxialError.__name__)
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            details = _kept(error.message)
            said = {PROBLEMS[kind].orthanc_error, (kind.__doc__ or "").rstrip(".")}
            return Fault(kind.__name__, "" if details in said else details, payload)
    return Fault(errors.AxialError.__name__, _kept(error.message), payload)


def _kept(message: str) -> str:
    """Write a sentence as Postgres can keep it: a job whose end cannot be written down would begin again and again."""
    return message.encode("utf-8", "replace").decode().replace("\0", "").rstrip(".")


def _typed(
    payload: Mapping[str, Any] | Sequence[Any] | None,
) -> Mapping[str, Any] | None:
    """Write details as Orthanc does: with the type by which clients tell how to read them."""
    if payload is None:
        return None
    return {"Type": "Dimse" if _DIMSE in payload else "RetrieveJob", "Content": payload}
