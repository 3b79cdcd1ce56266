"""Requests for any operation, made by the document of them: what it allows, and what it does not."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

from support.dicoms import Names

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

_LEVELS = ("patients", "studies", "series", "instances")
CONSUMER = MODALITY = PEER = RULE = "anything"


def operations(document: Mapping[str, Any], names: Names) -> list[Operation]:
    """List what a system offers, aimed at what was stored."""
    schema = schemathesis.openapi.from_dict(_aimed(document, names))
    found = []
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok), operation
        found.append(operation.ok())
    # What is deleted would leave nothing to ask the others about.
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def for_each_case(
    operation: Operation, examples: int, ask: Callable[[Case[Any]], None]
) -> Iterator[str]:
    """Ask by some requests until one fails; tell of that one. Asked again it might succeed: a system remembers."""
    # Where there is something to get wrong, half of what is sent does not fit the document.
    cases = operation.as_strategy()
    if operation.body or operation.query:
        cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    failures: list[str] = []

    @seed(examples)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def each(case: Case[Any]) -> None:
        if failures:
            return
        try:
            ask(case)
        except Exception as failure:  # noqa: BLE001 - of whatever kind, it is told with those of other operations
            failures.append(f"{operation.method.upper()} {operation.path}: {failure!r}")

    each()
    yield from failures


def _aimed(document: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Name in the document what there is, so that not all requests are about nothing; and wait for nothing."""
    aimed: dict[str, Any] = copy.deepcopy(dict(document))
    # Credentials are not left to chance.
    del aimed["security"], aimed["components"]["securitySchemes"]
    for path, item in aimed["paths"].items():
        first = path.split("/")[1]
        values = {"wait": ["0", "0.01", "soon"]}
        if first in _LEVELS:
            values["id"] = [names.orthanc_ids[_LEVELS.index(first)], "nothing"]
            values["name"] = ["1024", "1025", "dicom", "LastUpdate", "nothing"]
        elif first == "feed":
            values["name"] = [CONSUMER, "Not a name"]
        elif path.startswith("/router/rules/"):
            values["name"] = [RULE, "Not a name"]
        for method, operation in item.items():
            operation.pop("security", None)
            if first == "modalities":
                # Whoever is described by chance is not connected to.
                values["id"] = ["nothing"] if method == "post" else [MODALITY, "Not a name"]
            elif first == "peers":
                connects = method == "post" or path.endswith("/system")
                values["id"] = ["nothing"] if connects else [PEER, "Not a name"]
            for parameter in operation["parameters"]:
                if parameter["name"] in values:
                    parameter["schema"] = {"enum": values[parameter["name"]]}
    return aimed
