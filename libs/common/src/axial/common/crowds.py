"""No more requests at once than fit into memory."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from axial.common.access.roles import Role
from axial.common.errors import Unavailable
from axial.common.problems import told

_TOO_MANY = Unavailable("Too many requests at once; try again later.")


class LimitRequests:
    """ASGI middleware: has so many requests of users in hand; one more is told to come again.

    What services ask is let in: they limit themselves, and one of the users may be waiting for it. So is what asks for
    health or figures, by which nobody is known: a crowd is no reason to be taken for dead.
    """

    def __init__(self, app: ASGIApp, maximum: int, count: Callable[[str], None]) -> None:
        self._app = app
        self._maximum = maximum
        self._count = count
        self._in_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503 before its body is read."""
        role = scope.get("state", {}).get("role", Role.SERVICE)
        if scope["type"] != "http" or role is Role.SERVICE:
            await self._app(scope, receive, send)
            return
        if self._in_hand >= self._maximum:
            self._count("too_many_requests")
            await told(Request(scope), _TOO_MANY)(scope, receive, send)
            return
        self._in_hand += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_hand -= 1
