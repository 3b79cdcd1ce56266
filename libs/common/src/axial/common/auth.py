"""The door of a service: who is asking, and whether they may."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from axial.common.access.credentials import Credentials
from axial.common.access.failures import Failures
from axial.common.access.permissions import Permissions
from axial.common.access.revoking import UntilRevoked
from axial.common.access.roles import Principal
from axial.common.errors import AxialError, Forbidden, Unavailable
from axial.common.problems import PROBLEMS, Problem, problem_response, told

log = structlog.get_logger(__name__)

# Asked by load balancers and by Prometheus, which the edge does not let through from outside.
_OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Axial", charset="UTF-8"'}
_TOO_MANY_FAILURES = Problem(HTTPStatus.TOO_MANY_REQUESTS, 29, "Unauthorized")

#: Tells of a problem in the form of the API that was asked.
TellProblem = Callable[[Request, Problem, str], Response]
#: Counts a refusal by its reason.
CountRefusal = Callable[[str], None]


def _tell(request: Request, problem: Problem, details: str) -> Response:
    return problem_response(request, problem, details)


@dataclass(frozen=True, slots=True)
class Door:
    """What decides on requests."""

    credentials: Credentials
    #: Whether a request must carry credentials.
    required: bool
    count: CountRefusal
    tell: TellProblem = _tell


class RequireCredentials:
    """ASGI middleware: lets a request pass only with credentials, and only if their owner may ask for it.

    The name is left in `scope["state"]["username"]`, for the origin of what is written, and the role in `role`.
    """

    def __init__(self, app: ASGIApp, door: Door, failures: Failures) -> None:
        self._app = app
        self._door = door
        self._failures = failures
        self._permissions = Permissions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, 403 or 429 unless somebody known may ask for this."""
        if scope["type"] == "http" and scope["path"] not in _OPEN_PATHS:
            authorization = _authorization(scope)
            try:
                who = await self._identify(scope, authorization)
            except AxialError as error:
                await told(Request(scope), error)(scope, receive, send)
                return
            if self._door.required:
                refusal = self._refusal(scope, authorization, who)
                if refusal is not None:
                    # The connection stays: a body on its way is read and dropped (RFC 9110, 10.1.1). Closing under
                    # it resets the edge's connection, and the edge would tell its client 503 instead.
                    await refusal(scope, receive, send)
                    return
            state = scope.setdefault("state", {})
            state["username"] = who.name if who else ""
            state["role"] = who.role if who else None
            if self._door.required and who is not None and who.revocable:
                await self._until_revoked(authorization).run(self._app, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _identify(self, scope: Scope, authorization: str) -> Principal | None:
        """Find out who it is; whoever has guessed too often is nobody, whatever the guess."""
        credentials = self._door.credentials
        if not authorization or (
            self._failures.wait_seconds(_address(scope))
            and not credentials.is_service(authorization)
        ):
            return None
        return await credentials.identify(authorization)

    def _refusal(self, scope: Scope, authorization: str, who: Principal | None) -> Response | None:
        """Decide on a request; None lets it pass."""
        if who is None:
            return self._stranger(scope, authorization)
        if self._permissions.of(scope["method"], scope["path"]).given_to(who):
            return None
        self._door.count("role")
        details = f"The role {who.role.name.lower()} does not allow this"
        return self._door.tell(Request(scope), PROBLEMS[Forbidden], details)

    def _until_revoked(self, authorization: str) -> UntilRevoked:
        async def valid() -> bool:
            try:
                return await self._door.credentials.identify(authorization) is not None
            except Unavailable:
                return True  # nor is there anything to tell meanwhile

        return UntilRevoked(valid, _challenge())

    def _stranger(self, scope: Scope, authorization: str) -> Response:
        """Tell how to say who one is, or to wait before the next guess. A question without credentials is no guess."""
        if not authorization:
            self._door.count("no_credentials")
            return _challenge()
        address = _address(scope)
        if wait := self._failures.wait_seconds(address):
            self._door.count("too_many_failures")
            details = "Too many failures to log in: try again later"
            answer = self._door.tell(Request(scope), _TOO_MANY_FAILURES, details)
            answer.headers["Retry-After"] = str(wait)
            return answer
        self._door.count("wrong_credentials")
        guesses = not self._door.credentials.is_for_others(authorization)
        if guesses and self._failures.note(address):
            log.warning("too_many_failures_to_log_in", remote_ip=address)
        return _challenge()


def _challenge() -> Response:
    """Tell how to say who one is; without a body, as Orthanc does and dicom-server."""
    return Response(status_code=HTTPStatus.UNAUTHORIZED, headers=_CHALLENGE)


def _authorization(scope: Scope) -> str:
    """Find the header; an ASGI server gives names in lower case."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return ""


def _address(scope: Scope) -> str:
    """Name the client; behind the edge uvicorn has put its address in the place of the edge's."""
    client = scope.get("client")
    return client[0] if client else ""
