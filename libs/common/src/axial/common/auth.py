"""Who may talk to a service: HTTP Basic for `RegisteredUsers`, a bearer token between services."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

# Asked by load balancers and by Prometheus, which the edge does not let through from outside.
_OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


def _authorization(scope: Scope) -> str:
    """Find the header; an ASGI server gives names in lower case."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return ""


class RequireCredentials:
    """ASGI middleware: lets a request pass only with a registered user's or a service's credentials.

    The user's name is left in `scope["state"]["username"]`, for the origin of what is written.
    """

    def __init__(
        self,
        app: ASGIApp,
        users: Mapping[str, SecretStr],
        internal_token: SecretStr,
        *,
        required: bool,
    ) -> None:
        self._app = app
        self._users = {
            name.encode(): secret.get_secret_value().encode() for name, secret in users.items()
        }
        self._token = internal_token.get_secret_value().encode()
        self._required = required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 unless somebody known is asking."""
        if scope["type"] == "http" and scope["path"] not in _OPEN_PATHS:
            username = self._identify(_authorization(scope))
            if username is None and self._required:
                # The connection stays: a body on its way is read and dropped (RFC 9110, 10.1.1). Closing under
                # it resets the edge's connection, and the edge would tell its client 503 instead.
                refusal = Response(
                    status_code=401,
                    headers={"WWW-Authenticate": 'Basic realm="Axial", charset="UTF-8"'},
                )
                await refusal(scope, receive, send)
                return
            scope.setdefault("state", {})["username"] = username or ""
        await self._app(scope, receive, send)

    def _identify(self, authorization: str) -> str | None:
        """Return the user's name, an empty one for a service, None for a stranger."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            given = value.strip().encode()
            return "" if self._token and hmac.compare_digest(given, self._token) else None
        if scheme.lower() != "basic":
            return None
        try:
            name, separator, password = base64.b64decode(value, validate=True).partition(b":")
        except binascii.Error:
            return None
        # An unknown name is compared too, so that the answer's timing does not tell who exists.
        expected = self._users.get(name)
        matches = hmac.compare_digest(password, expected if expected is not None else b"\0")
        if separator and expected is not None and matches:
            return name.decode("utf-8", errors="replace")
        return None
