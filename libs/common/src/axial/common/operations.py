"""What the whole system answers: the methods of each path, whichever service has them.

One path's methods may be of several services, and none of these knows the others; what a wrong method is told to try
instead is read here. `operations.txt` is generated from the routes of all of them.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# In the order in which Orthanc lists them.
_METHODS = ("GET", "POST", "PUT", "DELETE")
_PARAMETER = re.compile(r"\{(\w+)\}")
# By the name of a parameter, where it is not just one segment of the path.
_PATTERNS = {"version": "v[0-9][^/]*", "path": ".+"}


@dataclass(frozen=True, slots=True)
class Operations:
    """Paths with their methods."""

    paths: tuple[tuple[re.Pattern[str], frozenset[str]], ...]

    def methods(self, path: str) -> tuple[str, ...]:
        """List the methods of a path; none when it leads nowhere."""
        found = [methods for pattern, methods in self.paths if pattern.fullmatch(path)]
        return tuple(method for method in _METHODS if any(method in each for each in found))


def read_operations(text: str) -> Operations:
    """Read lines as `/patients/{id} GET DELETE`."""
    lines = [line.split(" ") for line in text.splitlines()]
    return Operations(tuple((_pattern(path), frozenset(methods)) for path, *methods in lines))


@cache
def operations() -> Operations:
    """Give those of this system."""
    return read_operations(files("axial.common").joinpath("operations.txt").read_text("utf-8"))


def _pattern(path: str) -> re.Pattern[str]:
    literals_and_names = _PARAMETER.split(path)
    parts = [
        _PATTERNS.get(part, "[^/]+") if position % 2 else re.escape(part)
        for position, part in enumerate(literals_and_names)
    ]
    return re.compile("".join(parts))
