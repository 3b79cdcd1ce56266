"""The values of the chart, from the comments in its `values.yaml`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_TITLE = """\
# Values of the chart

Each may be set by `--set` or in a file given by `-f`; what is not named here is refused.

"""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: where it is, what it is by default, what it is for."""

    path: str
    default: str
    meaning: str


def described(text: str) -> list[Value]:
    """Find every value that has a comment before it, or that has none and should."""
    return list(_walk(yaml.compose(text), yaml.safe_load(text), text.splitlines(), ""))


def page(text: str) -> str:
    """Write the table."""
    rows = [f"| `{row.path}` | `{row.default}` | {row.meaning} |\n" for row in described(text)]
    return _TITLE + "| value | default | meaning |\n|---|---|---|\n" + "".join(rows)


def _walk(node: Any, value: dict[str, Any], lines: list[str], before: str) -> Iterator[Value]:
    for key, child in node.value:
        path = f"{before}{key.value}"
        meaning = _comment_above(lines, key.start_mark.line)
        inner = value[key.value]
        # A section is told of by its values, unless it is one thing to be given whole.
        if isinstance(inner, dict) and inner and not meaning:
            yield from _walk(child, inner, lines, f"{path}.")
        else:
            yield Value(path, json.dumps(inner), meaning)


def _comment_above(lines: list[str], number: int) -> str:
    words: list[str] = []
    while number > 0 and lines[number - 1].strip().startswith("#"):
        number -= 1
        words.insert(0, lines[number].strip().removeprefix("#").strip())
    return " ".join(words)
