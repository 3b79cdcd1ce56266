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
process until the minute is over, right ones or not. The address is the client's own when whoever passes its request on
is trusted: the edge on the same machine is, another one as `FORWARDED_ALLOW_IPS` says.

What only services ask one another takes their own token (`AXIAL_INTERNAL_TOKEN`), whatever a user may do.
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
