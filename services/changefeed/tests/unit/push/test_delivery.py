"""How answers are judged, and failures named."""

import ssl
from datetime import UTC, datetime

import httpx2
import pytest

from axial.changefeed.push.delivery import Delivery, Result, answered, unanswered
from axial.common.http.retry_after import retry_after

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Result.DELIVERED),
        (204, Result.DELIVERED),
        (299, Result.DELIVERED),
        (301, Result.REFUSED),
        (400, Result.REFUSED),
        (410, Result.GONE),
        (429, Result.REFUSED),
        (500, Result.REFUSED),
    ],
)
def test_statuses(status: int, result: Result) -> None:
    """Only a status of success is one; 410 is the end."""
    delivery = answered(status, {}, 0.1)
    assert delivery.result is result
    assert delivery.delivered is (result is Result.DELIVERED)
    assert delivery.told == str(status)


@pytest.mark.parametrize(
    ("status", "seconds"), [(429, 7.0), (503, 7.0), (500, None), (301, None), (200, None)]
)
def test_retry_after_is_an_order_only_where_it_is_one(status: int, seconds: float | None) -> None:
    """An endpoint that is overloaded says how long it wants to be left alone."""
    assert answered(status, {"retry-after": "7"}, 0.1).retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Sat, 21 Nov 2026 11:32:00 GMT", 120.0),
        ("Sat Nov 21 11:32:00 2026", 120.0),
        ("Sat, 21 Nov 2026 11:29:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 5000, None),
        ("Sat, 21 Nov 2026 11:32:00 +99999999999999999999", None),
        ("Sat, 21 Nov 99999999999999999999 11:32:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_has_two_forms(text: str, seconds: float | None) -> None:
    """Seconds, or a date; anything else is not there."""
    assert retry_after(text, NOW) == seconds


def _from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "timed out"),
        (httpx2.ConnectTimeout("x"), "timed out"),
        (_from(httpx2.ConnectError("x"), ConnectionRefusedError()), "connection refused"),
        (
            _from(
                httpx2.ConnectError("x"),
                ExceptionGroup("two addresses", [ConnectionRefusedError()]),
            ),
            "connection refused",
        ),
        (_from(httpx2.ConnectError("x"), ssl.SSLCertVerificationError("x")), "TLS failure"),
        (httpx2.ConnectError("no such host"), "no connection"),
        (httpx2.RemoteProtocolError("what the endpoint said"), "connection broken"),
        (httpx2.UnsupportedProtocol("x"), "not an http or https URL"),
        (UnicodeError("label too long"), "not an http or https URL"),
    ],
)
def test_failures_are_kinds(error: Exception, told: str) -> None:
    """What is told of a failure is one of a few words, never what the other side sent."""
    assert unanswered(error, 0.1) == Delivery(Result.UNREACHABLE, 0.1, error=told)
