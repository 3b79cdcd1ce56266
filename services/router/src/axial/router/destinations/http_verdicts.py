"""What an answer over HTTP means for an instance that was sent. Pure."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from axial.common.http.retry_after import retry_after
from axial.router.destinations.http_servers import Answer, Unanswered
from axial.router.destinations.port import Outcome, Verdict

# These say that nothing is taken now, from nobody or not from us: an operator, or time, can mend it.
_AWAY: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it refuses our credentials",
    HTTPStatus.FORBIDDEN: "it does not allow us to store",
    HTTPStatus.NOT_FOUND: "there is no such route: is its URL right?",
    HTTPStatus.METHOD_NOT_ALLOWED: "there is no such route: is its URL right?",
    HTTPStatus.NOT_ACCEPTABLE: "it answers in no form that we read",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "the proxy refuses our credentials",
    HTTPStatus.REQUEST_TIMEOUT: "it did not get the request in time",
    HTTPStatus.MISDIRECTED_REQUEST: "it is not called so: is its URL right?",
    HTTPStatus.TOO_EARLY: "it asks us to come again",
    HTTPStatus.UPGRADE_REQUIRED: "it wants to be spoken to otherwise: is its URL right?",
    HTTPStatus.TOO_MANY_REQUESTS: "it asks us to come again",
    HTTPStatus.BAD_GATEWAY: "what stands before it cannot reach it",
    HTTPStatus.SERVICE_UNAVAILABLE: "it asks us to come again",
    HTTPStatus.GATEWAY_TIMEOUT: "what stands before it cannot reach it",
    HTTPStatus.INSUFFICIENT_STORAGE: "its storage is full",
}
# What these servers say of a stored instance (Orthanc), or of one that they will store (Axial).
_HAS_IT = ("Success", "AlreadyStored")
_FILTERED = "FilteredOut"
# Orthanc's number for a storage that is full: 507 came with it later, before that a 500 as of any other failure.
_IS_FULL = 19


def unanswered(error: Unanswered, *, is_doubtful: bool, is_broken: bool) -> Outcome:
    """Judge that there was no answer."""
    return Outcome(Verdict.AWAY, reason=error.why, is_doubtful=is_doubtful, is_broken=is_broken)


def refused(answer: Answer) -> Outcome:
    """Judge an answer that is not of success by its status, and an Orthanc's failure by its number."""
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _outcome(Verdict.AWAY, status, "it redirects: is its URL right?")
    if why := _AWAY.get(status):
        again = retry_after(answer.headers.get("retry-after", ""))
        return _outcome(Verdict.AWAY, status, why, again)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told = document(answer)
        if isinstance(told, dict) and told.get("OrthancStatus") == _IS_FULL:
            return _outcome(Verdict.AWAY, status, _AWAY[HTTPStatus.INSUFFICIENT_STORAGE])
        return _outcome(Verdict.FAILED, status, "it failed")
    return _outcome(Verdict.REFUSED, status, "it refused the instance")


def of_orthanc(answer: Answer) -> Outcome:
    """Judge what an Orthanc, or another Axial, answers to `POST /instances`."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        return foreign(answer) if answer.status < HTTPStatus.MULTIPLE_CHOICES else refused(answer)
    told = document(answer)
    status = told.get("Status") if isinstance(told, dict) else None
    if answer.status == HTTPStatus.ACCEPTED:
        # Another Axial: it has written down that the instance came, whatever befalls it.
        if isinstance(told, dict) and "Sequence" in told:
            return _outcome(Verdict.DELIVERED, answer.status)
        return foreign(answer)
    if status in _HAS_IT:
        return _outcome(Verdict.DELIVERED, answer.status)
    if status == _FILTERED:
        return _outcome(Verdict.REFUSED, answer.status, "it filtered the instance out")
    return foreign(answer)


def foreign(answer: Answer) -> Outcome:
    """Judge an answer of success that cannot be of whom we wanted to speak to, or came to its end too early."""
    return Outcome(
        Verdict.AWAY,
        "http",
        answer.status,
        f"it answered {answer.status} in other words than expected: is its URL right?",
        is_doubtful=True,
    )


def document(answer: Answer) -> Any:
    """Read an answer as JSON; None when it is none."""
    try:
        return json.loads(answer.content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(text: str) -> None:
    """Refuse what Python reads, and nobody else does."""
    raise ValueError(text)


def _outcome(
    verdict: Verdict, status: int, why: str = "", retry_after_seconds: float | None = None
) -> Outcome:
    reason = f"{why} (HTTP status {status})" if why else ""
    return Outcome(verdict, "http", status, reason, retry_after_seconds=retry_after_seconds)
