"""Who may talk to a service."""

import base64

import httpx2
import pytest
from fastapi import FastAPI, Request
from pydantic import SecretStr

from axial.common.access.credentials import Credentials
from axial.common.access.failures import Failures
from axial.common.access.roles import Role
from axial.common.auth import Door, RequireCredentials
from axial.common.service import username

pytestmark = pytest.mark.unit

USERS = {"alice": SecretStr("wonder:land"), "jörg": SecretStr("groß")}


def basic(name: str, password: str) -> str:
    """Write an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def answered(
    authorization: str | None, path: str = "/", *, required: bool = True
) -> httpx2.Response:
    """Ask an application that tells who is asking."""
    app = FastAPI()

    @app.get("/")
    @app.get("/healthz")
    async def whoami(request: Request) -> str:
        return username(request)

    app.add_middleware(
        RequireCredentials, users=USERS, internal_token=SecretStr("t0ken"), required=required
    )
    headers = {"Authorization": authorization} if authorization else {}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        return await client.get(path, headers=headers)


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
    answer = await answered(authorization)
    assert (answer.status_code, answer.json()) == (200, name)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("nobody", "\0"),
        basic("", ""),
        "Basic !!!",
        "Basic",
        "Bearer ",
        "Bearer wrong",
        "Digest alice",
    ],
)
async def test_strangers_are_told_how_to_ask(authorization: str | None) -> None:
    """401, and nothing more."""
    answer = await answered(authorization)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_health_is_open() -> None:
    """A load balancer has no password."""
    assert (await answered(None, "/healthz")).status_code == 200


async def test_without_users_everybody_is_let_in_without_a_name() -> None:
    """The listener is loopback then."""
    answer = await answered(None, required=False)
    assert (answer.status_code, answer.json()) == (200, "")


async def test_an_empty_token_lets_nobody_in() -> None:
    """An unset internal token must not become a password."""
    app = FastAPI()
    app.add_middleware(RequireCredentials, users={}, internal_token=SecretStr(""), required=True)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        answer = await client.get("/", headers={"Authorization": "Bearer "})
    assert answer.status_code == 401
