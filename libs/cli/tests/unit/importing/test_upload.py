"""Sending one file, and what its answer means."""

import threading
from collections.abc import Callable, Iterator
from io import BytesIO

import httpx2
import pytest
import stamina

from axial.cli.importing.sources import Source
from axial.cli.importing.upload import (
    Hopeless,
    Outcome,
    Status,
    Uploader,
    understand,
    understand_greeting,
)

pytestmark = pytest.mark.unit

ERROR = {"Message": "Bad file format", "OrthancStatus": 15}


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Let retries follow at once."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx2.Response(200, json={"Status": "Success"}), Outcome(Status.STORED)),
        (httpx2.Response(200, json={"Status": "AlreadyStored"}), Outcome(Status.PRESENT)),
        (httpx2.Response(202, json={"Status": "Accepted"}), Outcome(Status.PENDING)),
        (
            httpx2.Response(200, json=[{"Status": "AlreadyStored"}, {"Status": "Success"}]),
            Outcome(Status.STORED),
        ),
        (
            httpx2.Response(200, json={"Status": "FilteredOut"}),
            Outcome(Status.REFUSED, "FilteredOut"),
        ),
        (httpx2.Response(200, json=[]), Outcome(Status.REFUSED, "nothing in it could be stored")),
        (httpx2.Response(400, json=ERROR), Outcome(Status.REFUSED, "Bad file format")),
        (
            httpx2.Response(400, json=ERROR | {"Details": "no SOPInstanceUID"}),
            Outcome(Status.REFUSED, "Bad file format: no SOPInstanceUID"),
        ),
        (httpx2.Response(413), Outcome(Status.REFUSED, "HTTP 413")),
        (httpx2.Response(500, text="<html>"), Outcome(Status.FAILED, "HTTP 500")),
        (httpx2.Response(302), Outcome(Status.FAILED, "HTTP 302")),
    ],
)
def test_an_answer_says_what_became_of_the_file(answer: httpx2.Response, outcome: Outcome) -> None:
    """Each of the server's answers has its meaning; refusals come with the server's reason."""
    assert understand(answer) == outcome


@pytest.mark.parametrize("status", [401, 403, 507])
def test_some_answers_hold_for_every_file(status: int) -> None:
    """When nothing will be taken, nothing more is tried."""
    with pytest.raises(Hopeless):
        understand(httpx2.Response(status))


def _source(content: bytes, *, size_bytes: int | None = None) -> Source:
    size = len(content) if size_bytes is None else size_bytes
    return Source("a", size, "a", lambda: BytesIO(content))


def _send(source: Source, handler: Callable[[httpx2.Request], httpx2.Response]) -> Outcome:
    with httpx2.Client(
        base_url="http://archive", transport=httpx2.MockTransport(handler)
    ) as client:
        return Uploader(client, threading.Event()).send(source)


def test_a_server_that_was_away_is_asked_again_with_the_whole_file() -> None:
    """After a lost connection and a 503, the third try carries every byte."""
    received: list[bytes] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        received.append(request.read())
        if len(received) == 1:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(503 if len(received) == 2 else 200, json={"Status": "Success"})

    content = bytes(range(256)) * 10_000
    assert _send(_source(content), handler) == Outcome(Status.STORED)
    assert received == [content] * 3


@pytest.mark.parametrize("status", [400, 500])
def test_an_answer_that_would_come_again_is_not_asked_for_again(status: int) -> None:
    """Neither a refusal nor an internal error is worth a second try."""
    calls: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        return httpx2.Response(status, json=ERROR)

    _send(_source(b"x"), handler)
    assert len(calls) == 1


def test_a_server_that_stays_away_fails_the_file() -> None:
    """The reason is told without a traceback, and without an exception for the others."""

    def handler(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    assert _send(_source(b"x"), handler) == Outcome(Status.FAILED, "no connection (ConnectError)")


def test_a_file_that_cannot_be_read_fails_alone() -> None:
    """A file that vanished or an archive that is damaged is told by the reason."""

    def gone() -> BytesIO:
        raise FileNotFoundError(2, "No such file or directory")

    outcome = _send(Source("a", 1, "a", gone), lambda _: httpx2.Response(200))
    assert outcome == Outcome(Status.FAILED, "cannot be read: No such file or directory")


def test_who_is_stopping_does_not_try_again() -> None:
    """After Ctrl-C, a server that is away is not waited for."""
    calls: list[httpx2.Request] = []
    stopping = threading.Event()
    stopping.set()

    def handler(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        return httpx2.Response(503)

    transport = httpx2.MockTransport(handler)
    with httpx2.Client(base_url="http://archive", transport=transport) as client:
        outcome = Uploader(client, stopping).send(_source(b"x"))
    assert outcome.status is Status.FAILED
    assert len(calls) == 1


def test_nobody_there_is_told_before_the_first_file() -> None:
    """A wrong address, or missing credentials, end the work in one line."""

    def refused(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    for handler in (refused, lambda _: httpx2.Response(401)):
        with (
            httpx2.Client(
                base_url="http://archive", transport=httpx2.MockTransport(handler)
            ) as client,
            pytest.raises(Hopeless),
        ):
            understand_greeting(client)
