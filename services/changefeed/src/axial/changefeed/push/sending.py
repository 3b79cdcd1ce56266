"""One message to one endpoint, by HTTP: bounded in time and in what is read of the answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from axial.changefeed.push.cloud_events import Message
from axial.changefeed.push.delivery import Delivery, answered, unanswered
from axial.changefeed.push.signing import signature_headers

# An answer that is shorter is read to its end, so that its connection serves again; of a longer one nothing more.
_READ_BYTES = 16 * 1024
# Nor is waited for the rest of an answer longer than this: its status has been told.
_READ_SECONDS = 1.0
# Idle connections that are kept. There is no limit to the others: an endpoint that hangs keeps one busy,
# and must not take it from the rest.
_KEPT_CONNECTIONS = 100
_USER_AGENT = "Axial"


class Sender:
    """Sends signed messages. Redirects are not followed: whoever moved tells the operator, not us."""

    def __init__(self, client: httpx2.AsyncClient, timeout_seconds: float) -> None:
        self._client = client
        self._timeout_seconds = timeout_seconds

    async def send(self, message: Message, url: str, secrets: Sequence[str]) -> Delivery:
        """Send once, and tell what became of it; whatever the endpoint does, it is no error here."""
        headers = {
            "Content-Type": message.content_type,
            "User-Agent": _USER_AGENT,
            **signature_headers(message.id, int(time.time()), message.body, secrets),
        }
        started = time.perf_counter()
        try:
            async with (
                asyncio.timeout(self._timeout_seconds) as limit,
                self._client.stream("POST", url, content=message.body, headers=headers) as answer,
            ):
                delivery = answered(
                    answer.status_code, answer.headers, time.perf_counter() - started
                )
                # From here on nothing changes what was answered.
                limit.reschedule(None)
                await _finish(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            return unanswered(error, time.perf_counter() - started)
        return delivery


async def _finish(answer: httpx2.Response) -> None:
    """Read a short answer to its end; give up any other, and its connection with it."""
    left = _READ_BYTES
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in answer.aiter_raw():
                left -= len(chunk)
                if left < 0:
                    return
    except (httpx2.HTTPError, TimeoutError):
        return


@asynccontextmanager
async def open_sender(timeout_seconds: float) -> AsyncIterator[Sender]:
    """Open connections as they are needed; certificates are verified, nothing is kept of an endpoint's answer."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=_KEPT_CONNECTIONS)
    async with httpx2.AsyncClient(
        timeout=timeout_seconds,
        limits=limits,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    ) as client:
        yield Sender(client, timeout_seconds)
