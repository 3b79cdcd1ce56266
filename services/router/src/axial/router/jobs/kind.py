"""What a kind of job has to bring; a new kind is one module with one class, named once in `app.py`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from axial.common.errors import AxialError


class JobFailed(Exception):
    """The job cannot go on; it fails with an error of ours, told by Orthanc's number and words.

    `payload` becomes its `ErrorPayload`: machine-readable details, such as `{"DimseErrorStatus": 42752}`.
    """

    def __init__(
        self, error: AxialError, payload: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.payload = payload


class Work(Protocol):
    """One job in hand, as its kind sees it. Whatever is put into it survives the process from the next step on."""

    @property
    def id(self) -> str:
        """The job's identifier."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was asked for when it was submitted; never shown."""
        ...

    #: How far it is: the kind's own notes, JSON; empty at first and after it was submitted again. Never shown.
    state: dict[str, Any]
    #: What `/jobs/{id}` shows under `Content`; begins as what was submitted.
    content: dict[str, Any]

    async def step(self, progress: float) -> None:
        """Save state and content and tell how far it is, from 0 to 1: to be awaited between pieces of work.

        Raises an exception of the engine's own when the job is to pause, was cancelled, or belongs to another
        replica by now: let it pass. It need not be written down at each call: the engine bounds how often it is.
        """
        ...

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Keep what `GET /jobs/{id}/{key}` answers, until the job is deleted; return its bytes' number."""
        ...


class Kind(Protocol):
    """What one kind of job does."""

    @property
    def type_name(self) -> str:
        """Orthanc's name of it, such as `DicomModalityStore`."""
        ...

    async def run(self, work: Work) -> None:
        """Do it, from where `work.state` says; return when it is done; raise JobFailed or an AxialError.

        It may be cancelled at any await, when the process stops or the job does.
        """
        ...


class Submission(Protocol):
    """What REST routes do with a job: `axial.router.jobs` implements it as `Jobs`."""

    async def submit(
        self,
        type_name: str,
        parameters: Mapping[str, Any],
        content: Mapping[str, Any],
        *,
        priority: int = 0,
        user_data: Any = None,
    ) -> str:
        """Write a job down for any replica to begin, and return its identifier."""
        ...

    async def finished(self, job_id: str) -> Mapping[str, Any]:
        """Wait until a job ends and return its content; raise the AxialError with which it failed or was cancelled."""
        ...
