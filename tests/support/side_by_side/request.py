"""A request as the script writes it: files are named in braces, in paths and bodies alike."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from support.side_by_side.files import File

Body: TypeAlias = (
    bytes | str | Mapping[str, object] | list[object] | Callable[[Mapping[str, File]], bytes] | None
)

NOWHERE = "00000000-00000000-00000000-00000000-00000000"
LEVELS = ("patients", "studies", "series", "instances")

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """One request; what it is called has to tell it from all others."""

    method: str
    path: str
    body: Body = None
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    note: str = ""
    #: Whether the order of what is answered is anybody's choice.
    unordered: bool = False
    #: Under which word the `ID` that is answered can stand in later requests.
    remember: str = ""
    #: Asked again until the answer has these fields.
    until: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    @property
    def name(self) -> str:
        """Method and path, what is special about it, and the body if it says something."""
        parts = [self.method, self.path]
        if isinstance(self.body, str | Mapping | list):
            parts.append(self.body if isinstance(self.body, str) else json.dumps(self.body))
        parts += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.note:
            parts.append(f"({self.note})")
        return " ".join(parts)

    def url(self, known: Mapping[str, File], words: Mapping[str, object] = _NOTHING) -> str:
        """The path with the identifiers of the files that it names; `words` may stand in it, too."""
        return self.path.format_map({**words, **known})

    def content(self, known: Mapping[str, File], words: Mapping[str, object] = _NOTHING) -> bytes:
        """The body's bytes."""
        names = {**words, **known}
        match self.body:
            case None:
                return b""
            case bytes():
                return self.body
            case str():
                return self.body.format_map(names).encode()
            case Mapping() | list():
                return json.dumps(_filled(self.body, names)).encode()
        return self.body(known)


def _filled(value: object, names: Mapping[str, object]) -> object:
    """Put identifiers into a JSON value."""
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, Mapping):
        return {name: _filled(item, names) for name, item in value.items()}
    return [_filled(item, names) for item in value] if isinstance(value, list) else value


def get(*paths: str) -> tuple[Request, ...]:
    """Several plain questions."""
    return tuple(Request("GET", path) for path in paths)


def get_unordered(*paths: str) -> tuple[Request, ...]:
    """Questions whose answers have no order that Orthanc promises."""
    return tuple(Request("GET", path, unordered=True) for path in paths)


def find(*bodies: Body) -> tuple[Request, ...]:
    """Searches: 1.10.1 answers them in the order of identifiers, 1.12 in that of arrival."""
    return tuple(Request("POST", "/tools/find", body, unordered=True) for body in bodies)


def post(path: str, *bodies: Body) -> tuple[Request, ...]:
    """The same path with several bodies."""
    return tuple(Request("POST", path, body) for body in bodies)
