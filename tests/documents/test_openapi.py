"""The description of all services: of all routes, and of the arguments that they read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docs.openapi.document import Undescribed, document
from docs.routes import Operation, all_operations

pytestmark = pytest.mark.unit

_ROOT = Path(__file__).parents[2]
# How routes read an argument of a query.
_READS = (
    r"(?:flag|count|tags)\(\s*(?:request\.)?query(?:_params)?,\s*\"([\w-]+)\"",
    r"\"([\w-]+)\" (?:not )?in (?:request\.)?query(?:_params)?\b",
    r"\bquery(?:_params)?(?:\.get\(|\[)\s*\"([\w-]+)\"",
    r"_number\(query, \"([\w-]+)\"",
    r"read_integer\(request, \"([\w-]+)\"",
)


def _sources(service: str) -> str:
    folder = _ROOT / f"services/{service}/src"
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.py")))


def _described(service: str) -> Iterator[str]:
    """List the arguments that the document has of the operations of a service."""
    operations = all_operations()
    paths: dict[str, Any] = document(operations)["paths"]
    for operation in operations:
        if operation.service == service:
            for parameter in paths[operation.path][operation.method.lower()]["parameters"]:
                if parameter["in"] == "query":
                    yield parameter["name"]


@pytest.mark.parametrize("service", ["index", "changefeed", "ingest"])
def test_arguments(service: str) -> None:
    """What routes read from a query is described, and what is described is read."""
    sources = _sources(service)
    described = set(_described(service))
    read = {name for pattern in _READS for name in re.findall(pattern, sources)}
    assert read - described == set()
    spelled = {name.lower() for name in re.findall(r"\"([\w-]+)\"", sources)}
    assert {name.lower() for name in described} - spelled == set()


def test_who_may_ask() -> None:
    """Each operation tells the role it takes, and whether a named consumer's token will do."""
    paths: dict[str, Any] = document(all_operations())["paths"]
    by_token = {
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if {"consumers": []} in operation.get("security", [])
    }
    assert {"GET /changes", "POST /feed/consumers/{name}/ack"} <= by_token
    assert not any(re.search("instances|token|pause|DELETE|PUT", name) for name in by_token)
    assert paths["/instances"]["post"]["description"] == "Takes the role `write`."
    assert paths["/instances"]["get"]["description"] == "Takes the role `read`."


def test_a_route_that_nobody_describes() -> None:
    """It has to be described before the document can be written."""
    new = Operation("/new", "GET", "index", "Answer something new.")
    with pytest.raises(Undescribed, match="GET /new"):
        document([*all_operations(), new])


def test_a_description_without_a_route() -> None:
    """It has to go with its route."""
    left = [each for each in all_operations() if each.name != "GET /statistics"]
    with pytest.raises(Undescribed, match="GET /statistics"):
        document(left)


def test_every_operation_says_what_it_does() -> None:
    """In a sentence."""
    for operation in all_operations():
        assert re.match(r"[A-Z].*[.;:]", operation.summary), operation
