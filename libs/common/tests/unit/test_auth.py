"""Who may talk to a service, and what about."""

import base64
from collections import Counter

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Request
from pydantic import SecretStr
from starlette.types import ASGIApp

from axial.common.access.credentials import Credentials
from axial.common.access.failures import Failures
from axial.common.access.roles import Role
from axial.common.auth import Door, RequireCredentials
from axial.common.errors import Unavailable
from axial.common.service import username

pytestmark = pytest.mark.unit

USERS = {
    name: SecretStr(password)
    for name, password in {
        "alice": "wonder:land",
        "jörg": "groß",
        "viewer": "v",
        "poller": "p",
    }.items()
}
ROLES = {"viewer": Role.READ, "poller": Role.FEED}


def basic(name: str, password: str) -> str:
    """Write an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def find_consumer(token: str) -> str | None:
    """Know one token; another cannot be looked up at all."""
    if token == "away":
        raise Unavailable
    return "pacs" if token == "axial_feed_pacs" else None


class Guarded:
    """An application that tells who is asking, behind the door."""

    def __init__(
        self, *, required: bool = True, internal: str = "t0ken", knows_consumers: bool = True
    ) -> None:
        app = FastAPI()
        self.refused: Counter[str] = Counter()

        async def whoami(request: Request) -> str:
            return username(request)

        app.add_api_route("/{path:path}", whoami, methods=["GET", "POST", "HEAD", "OPTIONS"])

        def count(reason: str) -> None:
            self.refused[reason] += 1

        find = find_consumer if knows_consumers else None
        credentials = Credentials(USERS, ROLES, SecretStr(internal), find)
        door = Door(credentials, required, count)
        self.now = 0.0
        failures = Failures(lambda: self.now)
        self.app: ASGIApp = RequireCredentials(app, door=door, failures=failures)

    async def answer(
        self,
        authorization: str | None,
        path: str = "/",
        method: str = "GET",
        address: str = "192.0.2.1",
    ) -> httpx2.Response:
        """Ask it."""
        headers = (
            {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
        )
        transport = httpx2.ASGITransport(app=self.app, client=(address, 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
            return await client.request(method, path, headers=headers)


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        (basic("alice", "wonder:land"), "alice"),
        (basic("jörg", "groß"), "jörg"),
        ("Bearer t0ken", ""),
    ],
)
async def test_the_known_are_let_in(authorization: str, name: str) -> None:
    """By password with any character, or by the services' own token."""
    answer = await Guarded().answer(authorization)
    assert (answer.status_code, answer.json()) == (200, name)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("nobody", "\0"),
        basic("", ""),
        "Basic !!!",
        "Basic \xe4\xf6\xfc",
        "Basic " + "A" * 60_000,
        basic("alice", "wonder:land\0"),
        basic("alice\0", "wonder:land"),
        basic("alice", "wonder:land")[:-4],
        "Basic " + base64.b64encode(b"\xff\xfe:\xfd").decode(),
        "Basic",
        "Bearer \xe4\xf6\xfc",
        "Bearer t0ken t0ken",
        "Bearer ",
        "Bearer wrong",
        "Digest alice",
    ],
)
async def test_strangers_are_told_how_to_ask(authorization: str | None) -> None:
    """401, and nothing more."""
    answer = await Guarded().answer(authorization)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_health_is_open() -> None:
    """A load balancer has no password."""
    assert (await Guarded().answer(None, "/healthz")).status_code == 200


async def test_without_users_everybody_is_let_in_without_a_name() -> None:
    """The listener is loopback then."""
    answer = await Guarded(required=False).answer(None, "/instances", "POST")
    assert (answer.status_code, answer.json()) == (200, "")


async def test_an_empty_token_lets_nobody_in() -> None:
    """An unset internal token must not become a password."""
    assert (await Guarded(internal="").answer("Bearer ")).status_code == 401


async def test_a_role_that_is_too_small() -> None:
    """403 in Orthanc's form, with the role and without a name; the same user may do what the role is for."""
    guarded = Guarded()
    viewer = basic("viewer", "v")
    refused = await guarded.answer(viewer, "/instances", "POST")
    assert refused.status_code == 403
    assert refused.json()["OrthancStatus"] == 45
    assert refused.json()["Details"] == "The role read does not allow this"
    assert "viewer" not in refused.text
    for path, method in (("/instances", "GET"), ("/instances", "HEAD"), ("/tools/find", "POST")):
        assert (await guarded.answer(viewer, path, method)).status_code == 200
    assert guarded.refused == {"role": 1}


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/changes", "GET", True),
        ("/changes", "HEAD", True),
        ("/changes", "OPTIONS", True),
        ("/v2/changefeed/latest", "GET", True),
        ("/feed/consumers/poller/entries", "GET", True),
        ("/feed/consumers/poller/ack", "POST", True),
        ("/feed/consumers/other/entries", "GET", False),
        ("/feed/consumers/other/ack", "POST", False),
        ("/feed/consumers/poller/pause", "POST", False),
        ("/feed/consumers", "GET", False),
        ("/instances", "GET", False),
        ("/instances", "OPTIONS", False),
        ("/no-such-thing", "GET", False),
        ("/internal/instances", "GET", False),
    ],
)
async def test_who_reads_feeds(path: str, method: str, *, allowed: bool) -> None:
    """A user with this role reads the feeds and the consumer of the same name, and nothing else."""
    answer = await Guarded().answer(basic("poller", "p"), path, method)
    assert answer.status_code == (200 if allowed else 403)


async def test_the_token_of_a_consumer() -> None:
    """It opens that consumer and the feeds; whoever shows it has a name that no user can have."""
    guarded, token = Guarded(), "Bearer axial_feed_pacs"
    answer = await guarded.answer(token, "/feed/consumers/pacs/entries")
    assert (answer.status_code, answer.json()) == (200, "consumer:pacs")
    for path in ("/feed/consumers/other", "/instances", "/internal/x"):
        assert (await guarded.answer(token, path)).status_code == 403
    # Whether it is one is not known: neither let in nor a failure.
    assert (await guarded.answer("Bearer away")).status_code == 503
    assert guarded.refused == {"role": 3}


async def test_routes_of_services_are_for_services() -> None:
    """No user is an administrator there; services are."""
    guarded = Guarded()
    assert (await guarded.answer(basic("alice", "wonder:land"), "/internal/x")).status_code == 403
    assert (await guarded.answer("Bearer t0ken", "/internal/x")).status_code == 200


async def test_whoever_guesses_has_to_wait() -> None:
    """After ten wrong passwords in a minute an address is told 429, even with the right one; others are not."""
    guarded = Guarded()
    for _ in range(10):
        assert (await guarded.answer(basic("alice", "guess"))).status_code == 401
    right = basic("alice", "wonder:land")
    guarded.now = 20.5
    answer = await guarded.answer(right)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "40")
    assert "alice" not in answer.text
    assert (await guarded.answer(right, address="192.0.2.2")).status_code == 200
    # No guess, and nobody who would guess.
    assert (await guarded.answer(None)).status_code == 401
    assert (await guarded.answer("Bearer t0ken")).status_code == 200
    guarded.now = 60.0
    assert (await guarded.answer(right)).status_code == 200
    reasons = {"wrong_credentials": 10, "too_many_failures": 1, "no_credentials": 1}
    assert guarded.refused == reasons


async def test_the_token_of_a_consumer_elsewhere() -> None:
    """Where consumers are not known it opens nothing; but it is nobody's guess, and locks nobody out."""
    guarded = Guarded(knows_consumers=False)
    for _ in range(20):
        assert (await guarded.answer("Bearer axial_feed_pacs")).status_code == 401
    assert (await guarded.answer(basic("alice", "wonder:land"))).status_code == 200
    # Where they are known, a wrong one is a guess as others are.
    knowing = Guarded()
    statuses = [(await knowing.answer("Bearer axial_feed_wrong")).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_a_failure_is_not_told_by_name() -> None:
    """Neither the name nor the password that was given is in the logs: it may be the password itself."""
    guarded = Guarded()
    with structlog.testing.capture_logs() as lines:
        for _ in range(12):
            await guarded.answer(basic("hunter2", "correct horse"))
    assert lines == [
        {
            "event": "too_many_failures_to_log_in",
            "log_level": "warning",
            "remote_ip": "192.0.2.1",
        }
    ]
