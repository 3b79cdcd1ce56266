"""What became of a message, in words that hold nothing of the endpoint's own."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import httpx2

from axial.common.http.retry_after import retry_after

# Statuses whose Retry-After is an order rather than a remark (RFC 9110, 10.2.3; RFC 6585, 4).
_THROTTLING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Result(StrEnum):
    """How an attempt ended."""

    #: A status of success.
    DELIVERED = "delivered"
    #: An answer, but not of success.
    REFUSED = "refused"
    #: No answer, or not in time.
    UNREACHABLE = "unreachable"
    #: The endpoint wants nothing more: 410.
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt at one message."""

    result: Result
    #: From the request's beginning to the answer's head.
    seconds: float
    #: None when there was no answer.
    status: int | None = None
    #: Why there was none: a kind, of a few.
    error: str = ""
    #: What the endpoint asked for by Retry-After.
    retry_after_seconds: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has it."""
        return self.result is Result.DELIVERED

    @property
    def told(self) -> str:
        """The status, or why there is none, for operators."""
        return self.error if self.status is None else str(self.status)


def answered(status: int, headers: Mapping[str, str], seconds: float) -> Delivery:
    """Judge an answer by its status, as the Standard Webhooks specification asks."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivery(Result.DELIVERED, seconds, status)
    if status == HTTPStatus.GONE:
        return Delivery(Result.GONE, seconds, status)
    wanted = retry_after(headers.get("retry-after", "")) if status in _THROTTLING else None
    return Delivery(Result.REFUSED, seconds, status, retry_after_seconds=wanted)


def unanswered(error: Exception, seconds: float) -> Delivery:
    """Name the kind of failure; its text may hold what the other side sent."""
    return Delivery(Result.UNREACHABLE, seconds, error=_kind(error))


def _kind(error: Exception) -> str:
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "TLS failure"
    if any(isinstance(cause, TimeoutError | httpx2.TimeoutException) for cause in causes):
        return "timed out"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if isinstance(error, httpx2.ConnectError):
        return "no connection"
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | ValueError):
        return "not an http or https URL"
    return "connection broken"


def _causes(error: BaseException | None) -> list[BaseException]:
    """List an error with what it was raised from; of several addresses that were tried, the errors of all."""
    found: list[BaseException] = []
    left = [error]
    while left:
        one = left.pop()
        if one is None or one in found:
            continue
        found.append(one)
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
    return found
