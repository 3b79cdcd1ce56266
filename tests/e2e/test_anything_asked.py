"""Whatever is asked of any operation: it is answered or refused as the document has it, and never fails."""

import copy
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from support.dicoms import DicomMaker, Names
from support.system import CLIENT_TIMEOUT_SECONDS, Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_CHECKS = [status_code_conformance, content_type_conformance]
# What the error JSON says of itself when something was wrong here.
_INTERNAL = -1
_LEVELS = ("patients", "studies", "series", "instances")
# One has no end, test_live.py reads it; one would connect to wherever it is told.
_NOT_ASKED = frozenset({"/feed/events", "/tools/dicom-echo"})
_CONSUMER = "anything"
_MODALITY = "anything"
_PEER = "anything"
_RULE = "anything"
# Put back afterwards: others share the system.
_SETTINGS = tuple(
    f"/tools/{name}"
    for name in (
        "default-encoding",
        "accepted-transfer-syntaxes",
        "unknown-sop-class-accepted",
        "metrics",
    )
)


@pytest.fixture
def names(axial: Axial) -> Iterator[Names]:
    """Store a file; leave the system as it was."""
    dicom = DicomMaker(per_series=1).make(0)
    with axial.client() as client:
        client.post("/instances", content=dicom.body).raise_for_status()
        before = {path: client.get(path).content for path in _SETTINGS}
        yield dicom.names
        for path, value in before.items():
            client.put(path, content=value).raise_for_status()
        client.delete(f"/feed/consumers/{_CONSUMER}")
        client.delete(f"/modalities/{_MODALITY}")
        client.delete(f"/peers/{_PEER}")
        client.delete(f"/router/rules/{_RULE}")


def test_a_little(axial: Axial, names: Names) -> None:
    """A few requests to each operation."""
    _ask(axial, names, examples=4)


@pytest.mark.long
def test_a_lot(axial: Axial, names: Names) -> None:
    """Many requests to each operation."""
    _ask(axial, names, examples=200)


def _ask(axial: Axial, names: Names, examples: int) -> None:
    with requests.Session() as session:
        document = session.get(f"{axial.url}/openapi.json", timeout=CLIENT_TIMEOUT_SECONDS).json()
        schema = schemathesis.openapi.from_dict(_aimed(document, names))
        operations = []
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operations.append(found.ok())
        # What is deleted would leave nothing to ask the others about.
        operations.sort(key=lambda operation: operation.method.upper() == "DELETE")
        for operation in operations:
            if operation.path not in _NOT_ASKED:
                _ask_operation(operation, axial.url, session, examples)


def _ask_operation(
    operation: APIOperation[Any, Any, Any, Any], url: str, session: requests.Session, examples: int
) -> None:
    # Where there is something to get wrong, half of what is sent does not fit the document.
    cases = operation.as_strategy()
    if operation.body or operation.query:
        cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @seed(examples)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Case[Any]) -> None:
        answer = case.call(base_url=url, session=session, timeout=CLIENT_TIMEOUT_SECONDS)
        is_remote = "500" in operation.definition.raw["responses"]
        if is_remote and answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            assert answer.json()["OrthancStatus"] != _INTERNAL
            case.validate_response(answer, checks=_CHECKS)
        else:
            case.validate_response(answer, checks=[not_a_server_error, *_CHECKS])

    ask()


def _aimed(document: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Name in the document what there is, so that not all requests are about nothing; and wait for nothing."""
    aimed: dict[str, Any] = copy.deepcopy(dict(document))
    for path, item in aimed["paths"].items():
        first = path.split("/")[1]
        values = {"wait": ["0", "0.01", "soon"]}
        if first in _LEVELS:
            values["id"] = [names.orthanc_ids[_LEVELS.index(first)], "nothing"]
            values["name"] = ["1024", "1025", "dicom", "LastUpdate", "nothing"]
        elif first == "feed":
            values["name"] = [_CONSUMER, "Not a name"]
        elif path.startswith("/router/rules/"):
            values["name"] = [_RULE, "Not a name"]
        for method, operation in item.items():
            if first == "modalities":
                # Whoever is described by chance is not connected to.
                values["id"] = ["nothing"] if method == "post" else [_MODALITY, "Not a name"]
            elif first == "peers":
                connects = method == "post" or path.endswith("/system")
                values["id"] = ["nothing"] if connects else [_PEER, "Not a name"]
            for parameter in operation["parameters"]:
                if parameter["name"] in values:
                    parameter["schema"] = {"enum": values[parameter["name"]]}
    return aimed
