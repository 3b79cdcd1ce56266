"""Roles, and who has one."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; each role may do what those before it may."""

    #: Read the feeds, and what a consumer of one's own has before it.
    FEED = 1
    #: Read everything, also by questions that are POSTed.
    READ = 2
    #: Store, delete, annotate, send, query, and manage jobs.
    WRITE = 3
    #: Everything that users may do.
    ADMIN = 4
    #: A service of ours: also what only services ask one another.
    SERVICE = 5


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is known."""

    #: As it is written down beside what is done; empty for a service.
    name: str
    role: Role
    #: The named consumer that is one's own; empty for none.
    consumer: str = ""
    #: Whether the credentials may become void while the service runs.
    revocable: bool = False


SERVICE = Principal("", Role.SERVICE)


def user(name: str, role: Role) -> Principal:
    """A registered user; the consumer of the same name is theirs."""
    return Principal(name, role, name)


def consumer(name: str) -> Principal:
    """Whoever shows the token of a named consumer; no user's name has a colon."""
    return Principal(f"consumer:{name}", Role.FEED, name, revocable=True)
