"""Who may do what: every operation of every service, asked by everybody."""

import asyncio
import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from docs.routes import Operation, all_operations, operations_of, routes_of_services
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message

from axial.changefeed.azure.errors import tell_refusal
from axial.common.access.permissions import LISTED
from axial.common.configuration import Configuration
from axial.common.not_offered import NOT_OFFERED
from axial.common.service import FeedAccess, new_api
from axial.common.settings import ServiceSettings

pytestmark = pytest.mark.unit

_USERS = {"feed": "f", "read": "r", "write": "w", "admin": "a", "orthanc": "o"}
_ROLES = {name: name for name in _USERS if name != "orthanc"}
_INTERNAL = "token of the services"
# What each role may ask for that those before it may not, in words of its own: the table must say the same. A new
# operation is somebody's decision, here and there.
_FEED = r"GET (/changes|(/v1)?/changefeed(/latest)?|/feed/entries(/x)?|/feed/events)"
_READ = (
    r"GET /.*|POST /(patients|studies|series)/x/(archive|media)|POST /\w+/x/attachments/x/verify-md5"
    r"|POST /tools/(find|lookup|count-resources|bulk-content|create-archive|create-media(-extended)?)"
    r"|POST /router/rules/test"
)
_WRITE = (
    r"(POST|PUT|DELETE) /(instances|series|studies|patients|jobs|queries|trash)(/.*)?"
    r"|POST /(modalities|peers|storage-commitment)/.*"
    r"|POST /tools/(bulk-delete|invalidate-tags|dicom-echo)|POST /feed/consumers/x/ack"
)
_OWN_CONSUMER = (
    r"GET /feed/consumers/x(/entries|/skipped)?|POST /feed/consumers/x/(ack|skip|skipped/x/replay)"
)


def _may(*patterns: str) -> Callable[[str], bool]:
    return lambda name: any(re.fullmatch(pattern, name) for pattern in patterns)


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class _Asker:
    """Somebody, with what they may ask for, and what they are told else."""

    authorization: str
    may: Callable[[str], bool]
    refusal: int = 403


_READS = (_FEED, _READ)
_ASKERS = {
    "nobody": _Asker("", _may(), 401),
    "wrong password": _Asker(_basic("admin", "wrong"), _may(), 401),
    "wrong token": _Asker("Bearer wrong", _may(), 401),
    "feed": _Asker(_basic("feed", "f"), _may(_FEED)),
    "read": _Asker(_basic("read", "r"), _may(*_READS)),
    "write": _Asker(_basic("write", "w"), _may(*_READS, _WRITE)),
    "admin": _Asker(_basic("admin", "a"), _may(".*")),
    "without a role": _Asker(_basic("orthanc", "o"), _may(".*")),
    "its consumer": _Asker("Bearer x", _may(_FEED, _OWN_CONSUMER)),
    "another consumer": _Asker("Bearer y", _may(_FEED)),
    "service": _Asker(f"Bearer {_INTERNAL}", _may(".*")),
}


@pytest.fixture(scope="module")
def apps() -> dict[str, ASGIApp]:
    """Build each service's application, whose routes only say that they were reached."""
    return {service: _app(service, routes) for service, routes in routes_of_services().items()}


def test_no_operation_is_forgotten() -> None:
    """Each is a GET or listed, and nothing is listed that is not there any more."""
    offered = {operation.name for operation in all_operations()}
    untold = {name for name in offered if not name.startswith("GET ")} - LISTED.keys()
    assert not untold, "see axial.common.access.permissions"
    not_offered = {f"{method} {each.path}" for each in NOT_OFFERED for method in each.methods}
    assert LISTED.keys() <= offered | not_offered


@pytest.mark.parametrize("name", _ASKERS)
def test_every_operation(apps: dict[str, ASGIApp], name: str) -> None:
    """What is allowed reaches its route; what is not is refused, in the form of its API."""
    asker, expected, found = _ASKERS[name], {}, {}
    for number, operation in enumerate(all_operations()):
        method, path = operation.method, _concrete(operation.path)
        request = f"{method} {path}"
        allowed = asker.may(request)
        expected[request] = (200, b"reached") if allowed else _refused(asker, operation, path)
        found[request] = asyncio.run(
            _asked(apps[operation.service], method, path, asker.authorization, number)
        )
    assert len(found) > 250
    assert found == expected


@pytest.mark.parametrize("name", _ASKERS)
def test_between_services(apps: dict[str, ASGIApp], name: str) -> None:
    """What services ask one another is answered to no user, an administrator neither; nor to a stranger."""
    asker = _ASKERS[name]
    paths = ("/internal/jobs/x", "//internal/./x/", "/internal")
    requests = list(product(apps, ("GET", "POST", "PUT", "DELETE"), paths))
    for number, (service, method, path) in enumerate(requests):
        asked = _asked(apps[service], method, path, asker.authorization, number)
        expected = 404 if name == "service" else _status(asker, service)
        assert asyncio.run(asked)[0] == expected


def _app(service: str, routes: Iterable[BaseRoute]) -> ASGIApp:
    configuration = Configuration.model_validate({"RegisteredUsers": _USERS, "UserRoles": _ROLES})
    settings = ServiceSettings(internal_token=SecretStr(_INTERNAL))
    feeds = FeedAccess(_find_consumer, tell_refusal) if service == "changefeed" else None
    app = new_api(service, settings, configuration, CollectorRegistry(), {}, feeds=feeds)
    app.router.routes.extend(_reached(service, routes))
    return app


def _reached(service: str, routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Keep the paths and methods of a service, with another endpoint."""

    async def reached(_request: Request) -> Response:
        return PlainTextResponse("reached")

    for route in routes:
        if any(operations_of(service, [route])):
            assert isinstance(route, Route)
            yield Route(route.path, reached, methods=list(route.methods or ()))


async def _find_consumer(token: str) -> str | None:
    return token if token in {"x", "y"} else None


def _concrete(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path.replace("{version}", "v1"))


def _refused(asker: _Asker, operation: Operation, path: str) -> tuple[int, bytes]:
    """Tell how a refusal looks: its status, and the beginning of its body."""
    status = _status(asker, operation.service)
    if status == 401:
        return status, b""
    return (
        (status, b"Authori") if re.search("/changefeed(/latest)?$", path) else (status, b'{\n  "Ht')
    )


def _status(asker: _Asker, service: str) -> int:
    """Tell the status of a refusal: consumers are known where feeds are, and strangers elsewhere."""
    is_consumer = asker.authorization in {"Bearer x", "Bearer y"}
    return 401 if is_consumer and service != "changefeed" else asker.refusal


async def _asked(
    app: ASGIApp, method: str, path: str, authorization: str, number: int
) -> tuple[int, bytes]:
    """Ask without a client, of which there would be thousands; each time from another address."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"axial"), (b"authorization", authorization.encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": headers if authorization else headers[:1],
        "client": (f"10.0.{number // 250}.{number % 250}", 50_000),
        "server": ("axial", 80),
        "http_version": "1.1",
    }
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"][:7]
