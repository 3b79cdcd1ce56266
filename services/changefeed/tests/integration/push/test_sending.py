"""One request to endpoints of every kind of bad manners: it ends in time, and nothing they say gets in."""

import ssl
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from axial.changefeed.push.cloud_events import CloudEvents
from axial.changefeed.push.delivery import Result
from axial.changefeed.push.sending import Sender, open_sender
from axial.changefeed.testing.endpoint import HANGS, Answer, listening
from axial.changefeed.testing.webhooks import SECRET
from axial.cli.engines.binaries import script
from axial.cli.foreground import running
from axial.cli.ports import free_ports
from axial.cli.program import Program

pytestmark = pytest.mark.integration

MESSAGE = CloudEvents.of_archive("Axial", "pacs.example.org").test_message("1")
# More than is read of any answer, or than a socket takes by itself.
_MEGABYTES = 8 * 1024 * 1024
_TLS_ENDPOINT = """
{{
    admin off
    persist_config off
    skip_install_trust
    auto_https disable_redirects
    storage file_system {folder}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls internal
    respond 204
}}
"""


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """Wait for endpoints no longer than a test likes to."""
    async with open_sender(1.0) as sender:
        yield sender


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (HANGS, "timed out"),
        (Answer(instead=b""), "connection broken"),
        (Answer(instead=b"HTTP/1.1 2"), "connection broken"),
        (Answer(instead=b"secret words\r\n\r\n"), "connection broken"),
    ],
    ids=["hangs", "closes", "breaks off", "speaks something else"],
)
async def test_no_answer(sender: Sender, answer: Answer, told: str) -> None:
    """What is not an answer is a failure of a known kind."""
    async with listening(lambda _: answer) as endpoint:
        delivery = await sender.send(MESSAGE, endpoint.url, [SECRET])
    assert (delivery.result, delivery.error) == (Result.UNREACHABLE, told)
    assert delivery.status is None


async def test_nobody_there(sender: Sender) -> None:
    """A closed port, a name that is none, and what is no web address."""
    (port,) = free_ports(1)
    for url, told in (
        (f"http://127.0.0.1:{port}/", "connection refused"),
        (f"http://localhost:{port}/", "connection refused"),
        ("http://nowhere.invalid/", "no connection"),
        ("ftp://127.0.0.1/", "not an http or https URL"),
    ):
        delivery = await sender.send(MESSAGE, url, [SECRET])
        assert (delivery.result, delivery.error) == (Result.UNREACHABLE, told)


async def test_redirects_are_not_followed(sender: Sender) -> None:
    """A redirect is a refusal: entries go where the operator said, and nowhere else."""
    async with listening() as elsewhere:
        moved = Answer(HTTPStatus.TEMPORARY_REDIRECT, {"Location": elsewhere.url})
        async with listening(lambda _: moved) as endpoint:
            delivery = await sender.send(MESSAGE, endpoint.url, [SECRET])
        assert (delivery.result, delivery.status) == (Result.REFUSED, 307)
        assert elsewhere.posted == []


async def test_a_long_answer_is_not_read(sender: Sender) -> None:
    """The status counts; of megabytes behind it hardly any are taken."""
    long = Answer(HTTPStatus.OK, body=bytes(_MEGABYTES))
    async with listening(lambda _: long) as endpoint:
        for _ in range(3):
            delivery = await sender.send(MESSAGE, endpoint.url, [SECRET])
            assert delivery.delivered


async def test_an_answer_that_never_ends(sender: Sender) -> None:
    """A status of success counts even when its body does not come."""
    dripping = Answer(instead=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", hangs=True)
    async with listening(lambda _: dripping) as endpoint:
        delivery = await sender.send(MESSAGE, endpoint.url, [SECRET])
    assert (delivery.delivered, delivery.status) == (True, 200)


async def test_nothing_is_kept(sender: Sender) -> None:
    """Connections serve again; cookies are not taken."""
    answer = Answer(HTTPStatus.OK, {"Set-Cookie": "a=b; Path=/"}, b"thank you")
    async with listening(lambda _: answer) as endpoint:
        for _ in range(3):
            assert (await sender.send(MESSAGE, endpoint.url, [SECRET])).delivered
        assert endpoint.connections_made == 1
        assert all("cookie" not in posted.headers for posted in endpoint.posted)


@pytest.fixture
def tls_endpoint(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Run an HTTPS endpoint whose certificate nobody knows; give its address and its authority's."""
    (port,) = free_ports(1)
    file = tmp_path / "Caddyfile"
    file.write_text(_TLS_ENDPOINT.format(folder=tmp_path, port=port))
    authority = tmp_path / "pki/authorities/local/root.crt"

    def ready() -> bool:
        # It listens before it has made itself a certificate, and fails every handshake until then.
        try:
            return bool(ssl.get_server_certificate(("localhost", port)))
        except OSError:
            return False

    command = (str(script("caddy")), "run", "--adapter", "caddyfile", "--config", str(file))
    folders = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    address = f"https://localhost:{port}/"
    caddy = Program("endpoint", command, ready, address, folders)
    with running([caddy], tmp_path / "logs"):
        yield address, authority


async def test_certificates_are_verified(
    tls_endpoint: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent to whom nobody vouches for; SSL_CERT_FILE names an authority of the operator's own."""
    url, authority = tls_endpoint
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with open_sender(5.0) as sender:
        assert (await sender.send(MESSAGE, url, [SECRET])).error == "TLS failure"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with open_sender(5.0) as sender:
        assert (await sender.send(MESSAGE, url, [SECRET])).told == "204"
