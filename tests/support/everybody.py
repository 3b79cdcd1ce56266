"""Everybody who may ask a system with users, and the secrets that it must keep to itself."""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from axial.common.access.permissions import Permissions
from axial.common.access.roles import Principal, Role, consumer, user
from axial.common.paths import simplest
from support.system import Axial

_CONSUMER = "viewer"
_ROLES = {"operator": Role.ADMIN, "writer": Role.WRITE, "reader": Role.READ, "poller": Role.FEED}
_PERMISSIONS = Permissions()
_OF_FEEDS = re.compile(r"/(changes|changefeed|feed|v[0-9][^/]*)(/|$)")


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody, and how they say so; nobody without credentials."""

    principal: Principal | None
    authorization: str = ""

    def may(self, method: str, path: str) -> bool:
        """Whether somebody may ask for this; the path is decoded."""
        if self.principal is None:
            return False
        # Elsewhere than where feeds are, a consumer is a stranger.
        if self.principal.revocable and not _OF_FEEDS.match(simplest(path)):
            return False
        return _PERMISSIONS.of(method, simplest(path)).given_to(self.principal)

    def __str__(self) -> str:
        return self.principal.name if self.principal else "nobody"


@dataclass(frozen=True, slots=True)
class Everybody:
    """The users of a system, what it is told of others, and what nobody may read of either."""

    passwords: Mapping[str, str] = field(
        default_factory=lambda: {name: secrets.token_urlsafe(12) for name in _ROLES}
    )
    #: Of those whom the system itself shows credentials.
    others: Mapping[str, str] = field(
        default_factory=lambda: {
            name: secrets.token_urlsafe(12) for name in ("peer", "header", "proxy", "key")
        }
    )
    #: Of a webhook, as its specification wants it.
    signing: str = field(
        default_factory=lambda: "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    )

    def options(self) -> dict[str, object]:
        """Configure a system for them."""
        peer = {
            "Url": "http://127.0.0.1:1/",
            "Username": "us",
            "Password": self.others["peer"],
            "HttpHeaders": {"X-Token": self.others["header"]},
            "CertificateKeyPassword": self.others["key"],
        }
        return {
            "RegisteredUsers": dict(self.passwords),
            "UserRoles": {name: role.name.lower() for name, role in _ROLES.items()},
            "OrthancPeers": {"known": peer},
            "HttpProxy": f"us:{self.others['proxy']}@127.0.0.1:1",
        }

    def authorization(self, name: str) -> str:
        """Write the header by which a user is known."""
        return "Basic " + b64encode(f"{name}:{self.passwords[name]}".encode()).decode()

    def askers(self, system: Axial) -> list[Asker]:
        """Give a consumer its token and its webhook's secret; list everybody, least first."""
        path = f"/feed/consumers/{_CONSUMER}"
        push = {"Url": "http://127.0.0.1:1/", "Secrets": [self.signing]}
        with system.client(headers={"Authorization": self.authorization("operator")}) as client:
            client.put(path, json={"Push": push}).raise_for_status()
            token = client.post(f"{path}/token").raise_for_status().json()["Token"]
        users = [Asker(user(name, role), self.authorization(name)) for name, role in _ROLES.items()]
        return [Asker(None), Asker(consumer(_CONSUMER), f"Bearer {token}"), *reversed(users)]

    def kept(self, system: Axial, askers: Iterable[Asker]) -> frozenset[bytes]:
        """List what is to be found in no answer and in no log."""
        told = json.loads((system.folder / "run" / "environment.json").read_text())
        texts = [
            *self.passwords.values(),
            *self.others.values(),
            self.signing,
            *(each.authorization.partition(" ")[2] for each in askers if each.authorization),
            *(value for name, value in told.items() if name.endswith(("_TOKEN", "_KEY"))),
        ]
        return frozenset(text.encode() for text in texts)


def logs_with(system: Axial, kept: Iterable[bytes]) -> Iterator[str]:
    """Name the logs of a system that tell a secret."""
    for file in [*(system.folder / "logs").iterdir(), system.folder.with_name("data.out")]:
        written = file.read_bytes()
        if any(secret in written for secret in kept):
            yield file.name
