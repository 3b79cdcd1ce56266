"""Expressions of PromQL, taken apart as far as names and labels go."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    "(?:[^"\\]|\\.)*"                                                     # a text
    | (?P<matchers>\{[^}]*\})
    | \[[^\]]*\]                                                          # a range
    | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)     # names of labels
    | [A-Za-z_]\w*(?=\s*(?:\(|(?:by|without)\b))                          # a function
    | (?P<name>[A-Za-z_:][\w:]*)
    | \d[\w.]*                                                            # a number, or a time
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"and", "or", "unless", "bool", "offset"})
_OF_NAMES = re.compile(r'__name__=~"([^"]*)"')


def selectors(expression: str) -> Iterator[str]:
    """Give each selection of series in an expression: a name, what is asked of its labels, or both."""
    name = ""
    for token in _TOKEN.finditer(expression):
        if token["matchers"]:
            yield name + token["matchers"]
            name = ""
            continue
        if name:
            yield name
        name = token["name"] if token["name"] and token["name"] not in _WORDS else ""
    if name:
        yield name


def selected(selector: str, known: set[str]) -> set[str]:
    """Name what a selection may find: its name, known or not, or those among the known that it describes."""
    if described := _OF_NAMES.search(selector):
        return {name for name in known if re.fullmatch(described[1], name)}
    return {selector.partition("{")[0]}
