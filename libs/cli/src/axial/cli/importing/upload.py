"""Send one file, and understand the answer."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import IO, Any

import httpx2
import stamina

from axial.cli.importing.sources import READ_ERRORS, Source

_CHUNK_BYTES = 1024 * 1024

# Sending again is harmless, so a service that is being restarted is worth a minute of patience.
_RETRY_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 5.0

# The server reads a large body, stores it, and waits up to 10 s for the index; a ZIP within the
# upload may hold thousands of instances. A connection is made at once or not at all.
_TIMEOUT = httpx2.Timeout(connect=5.0, read=600.0, write=60.0, pool=None)


class Status(StrEnum):
    """What became of a source; the words are the report's."""

    STORED = "stored"
    PENDING = "accepted, being indexed"
    PRESENT = "already there"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of a source, with the server's or our own reason when it was not taken."""

    status: Status
    reason: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the server has it, durably."""
        return self.status in (Status.STORED, Status.PENDING, Status.PRESENT)


class Hopeless(Exception):
    """No upload will succeed; the message is one line that says why."""


class _TryAgain(Exception):
    """The server is away for the moment."""


#: Answers that every further upload would get too.
_HOPELESS = {
    HTTPStatus.UNAUTHORIZED: "the server asks for a user name and password: use --user",
    HTTPStatus.FORBIDDEN: "this user may not upload",
    HTTPStatus.INSUFFICIENT_STORAGE: "the server's storage is full",
}


class Uploader:
    """Sends sources to one server, from several threads at once."""

    def __init__(self, client: httpx2.Client, stopping: threading.Event) -> None:
        self._client = client
        self._stopping = stopping

    def send(self, source: Source) -> Outcome:
        """Send the source, again when the server is away for a moment.

        Raises:
            Hopeless: the server will take nothing from us.
        """
        try:
            for attempt in stamina.retry_context(
                on=self._worth_another,
                timeout=_RETRY_SECONDS,
                attempts=None,
                wait_max=_LONGEST_PAUSE_SECONDS,
            ):
                with attempt:
                    return self._send_once(source)
        except _TryAgain as error:
            return Outcome(Status.FAILED, str(error))
        except httpx2.TransportError as error:
            return Outcome(Status.FAILED, f"no connection ({type(error).__name__})")
        except READ_ERRORS as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            return Outcome(Status.FAILED, f"cannot be read: {reason}")
        raise AssertionError("stamina ends by a return or an exception")

    def _send_once(self, source: Source) -> Outcome:
        with source.open() as file:
            answer = self._client.post(
                "/instances",
                content=_chunks(file),
                headers={
                    "Content-Type": "application/dicom",
                    "Content-Length": str(source.size_bytes),
                },
                timeout=_TIMEOUT,
            )
        return understand(answer)

    def _worth_another(self, error: Exception) -> bool:
        if self._stopping.is_set() or isinstance(error, httpx2.LocalProtocolError):
            # The latter: the file is not as long as it was, and will not be.
            return False
        return isinstance(error, _TryAgain | httpx2.TransportError)


def understand_greeting(client: httpx2.Client) -> None:
    """Ask the server for nothing in particular, before the first file is opened.

    Raises:
        Hopeless: nobody is there, or they do not know us.
    """
    try:
        answer = client.get("/system", timeout=_TIMEOUT)
    except httpx2.TransportError as error:
        raise Hopeless(f"no connection ({type(error).__name__})") from error
    if answer.status_code in _HOPELESS:
        raise Hopeless(_HOPELESS[HTTPStatus(answer.status_code)])


def understand(answer: httpx2.Response) -> Outcome:
    """Read the server's answer to `POST /instances` (orthanc-rest.md, C.4).

    Raises:
        Hopeless: the answer is not about this upload.
    """
    status = answer.status_code
    if status in _HOPELESS:
        raise Hopeless(_HOPELESS[HTTPStatus(status)])
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise _TryAgain(_reason(answer))
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(Status.REFUSED, _reason(answer))
    if status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
        return Outcome(Status.FAILED, _reason(answer))
    if status == HTTPStatus.ACCEPTED:
        return Outcome(Status.PENDING)
    return _stored(_json(answer))


def _stored(told: Any) -> Outcome:
    # A file within an archive may have been an archive itself: the answer is then a list.
    receipts = told if isinstance(told, list) else [told]
    statuses = {str(one.get("Status")) for one in receipts if isinstance(one, dict)}
    if "Success" in statuses:
        return Outcome(Status.STORED)
    if "AlreadyStored" in statuses:
        return Outcome(Status.PRESENT)
    return Outcome(Status.REFUSED, ", ".join(sorted(statuses)) or "nothing in it could be stored")


def _reason(answer: httpx2.Response) -> str:
    told = _json(answer)
    if isinstance(told, dict) and told.get("Message"):
        details = told.get("Details")
        return f"{told['Message']}: {details}" if details else str(told["Message"])
    return f"HTTP {answer.status_code}"


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
