"""Who is asking, by the Authorization header."""

import base64
import hmac
from collections.abc import Awaitable, Callable, Mapping

from pydantic import SecretStr

from axial.common.access.roles import SERVICE, Principal, Role, consumer, user

#: How the token of a named consumer begins, so that everybody tells it from a password, and scanners find it in files.
CONSUMER_TOKEN_PREFIX = "axial_feed_"  # noqa: S105 - what tokens begin with, not one of them

#: Finds the named consumer whose token it is; None for no token of ours.
FindConsumer = Callable[[str], Awaitable[str | None]]


class Credentials:
    """Knows registered users by their passwords, services by their token, consumers by theirs."""

    def __init__(
        self,
        users: Mapping[str, SecretStr],
        roles: Mapping[str, Role],
        internal_token: SecretStr,
        find_consumer: FindConsumer | None = None,
    ) -> None:
        self._users = {
            name.encode(): (secret.get_secret_value().encode(), user(name, role(roles, name)))
            for name, secret in users.items()
        }
        self._token = internal_token.get_secret_value().encode()
        self._find_consumer = find_consumer

    def is_service(self, authorization: str) -> bool:
        """Tell a service by its token."""
        scheme, _, value = authorization.partition(" ")
        given = value.strip().encode()
        return (
            scheme.lower() == "bearer"
            and bool(self._token)
            and hmac.compare_digest(given, self._token)
        )

    def is_for_others(self, authorization: str) -> bool:
        """Tell what may be a consumer's token, which is known elsewhere: wrong here, but nobody's guess."""
        scheme, _, value = authorization.partition(" ")
        return (
            self._find_consumer is None
            and scheme.lower() == "bearer"
            and value.strip().startswith(CONSUMER_TOKEN_PREFIX)
        )

    async def identify(self, authorization: str) -> Principal | None:
        """Return who it is, None for a stranger; raise Unavailable when that cannot be found out now."""
        if self.is_service(authorization):
            return SERVICE
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "basic":
            return self._user(value)
        if scheme.lower() == "bearer" and self._find_consumer is not None:
            name = await self._find_consumer(value.strip())
            return None if name is None else consumer(name)
        return None

    def _user(self, value: str) -> Principal | None:
        try:
            name, separator, password = base64.b64decode(value, validate=True).partition(b":")
        except ValueError:  # not Base64, or not even ASCII
            return None
        # An unknown name is compared too, so that the answer's timing does not tell who exists.
        expected, who = self._users.get(name, (b"\0", None))
        matches = hmac.compare_digest(password, expected)
        return who if separator and matches else None


def role(roles: Mapping[str, Role], name: str) -> Role:
    """Return a user's role: everything, unless the configuration says less."""
    return roles.get(name, Role.ADMIN)
