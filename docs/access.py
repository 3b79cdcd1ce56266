"""The page of who may do what, from the table that the services go by."""

from collections.abc import Iterable

from docs.routes import Operation

from axial.common.access.permissions import LISTED, OF_CONSUMERS
from axial.common.access.roles import Role

_HEAD = """\
# Access

Who may do what, once `RegisteredUsers` asks everybody who they are. A user has the role that `UserRoles` gives
(`{"UserRoles": {"dashboard": "feed"}}`), and without one may do everything, as in Orthanc. Each role may do what those
before it may; `HEAD` and `OPTIONS` take what `GET` does.

The reader of a named consumer need not be a user: `POST /feed/consumers/{name}/token` makes a token, told once, that is
shown as `Authorization: Bearer …`. It opens the feeds and this one consumer, until `DELETE` makes it void, or another
`POST` puts a new one in its place; streams that are open then end within five seconds. A user with the role `feed` may
do the same with the consumer of the user's own name.

Without credentials, or with wrong ones, the answer is 401 without a body; with too small a role 403, in the form of the
API that was asked. After ten wrong credentials in a minute an address (of IPv6: a network, /64) is told 429 by that
process until the minute is over, right ones or not; a consumer's token where consumers are not known is no guess. The
address is the client's own when whoever passes its request on is trusted: the edge on the same machine is, another one
as `FORWARDED_ALLOW_IPS` says.

What only services ask one another takes their own token (`AXIAL_INTERNAL_TOKEN`), whatever a user may do.

## How much at once

A process has `AXIAL_MAXIMUM_REQUESTS` requests of users in hand, event streams among them; in the index, answers that
list resources take turns (`AXIAL_ANSWERS_AT_ONCE`). Whoever finds no room, or no turn within half a minute, is told 503
with `Retry-After`. The gateway has `AXIAL_MAXIMUM_ASSOCIATIONS`. Requests per second are not limited, but for guesses
of passwords: where clients are not trusted that far, a proxy before the edge is to say how many each may send.

## TLS

With `SslEnabled` and `SslCertificate`, Orthanc's options, `axial up` speaks HTTPS on its port, TLS 1.2 or 1.3
(`SslMinimumProtocolVersion`), and with `SslVerifyPeers` only with clients whose certificate it trusts. Elsewhere the
edge's own settings do the same (`deploy/edge/Caddyfile`); with a host name as its address, Caddy gets a certificate by
itself.
"""
_MEANINGS = {
    Role.FEED: "Reading the feeds",
    Role.READ: "Reading everything, also by questions that are POSTed",
    Role.WRITE: "Storing, deleting, annotating, sending, querying",
    Role.ADMIN: "Everything that users may do",
}


def page(operations: Iterable[Operation]) -> str:
    """Write what each role may do that those before it may not."""
    names = {operation.name for operation in operations}
    parts = [_HEAD]
    for role, meaning in _MEANINGS.items():
        listed = sorted(
            (name for name in names if LISTED.get(name) == role),
            key=lambda name: name.split(" ")[::-1],
        )
        parts.append(f"## {role.name.lower()}\n\n{meaning}.\n")
        if role is Role.READ:
            parts.append("- every other `GET`")
        parts += [f"- `{name}`{_OWN if name in OF_CONSUMERS else ''}" for name in listed]
        parts.append("")
    return "\n".join(parts)


_OWN = ", and the consumer's own reader"
