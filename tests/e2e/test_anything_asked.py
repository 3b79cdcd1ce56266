"""Whatever is asked, by whomever: it is answered or refused as the document has it, and never fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from support.asking_anything import for_each_case, operations
from support.dicoms import DicomMaker, Names
from support.everybody import Asker, Everybody, logs_with
from support.system import CLIENT_TIMEOUT_SECONDS, Axial, Wishes, running

pytestmark = pytest.mark.e2e

_CHECKS = [status_code_conformance, content_type_conformance]
# What the error JSON says of itself when something was wrong here.
_INTERNAL = -1
# One has no end, test_live.py reads it; one would connect to wherever it is told.
_NOT_ASKED = frozenset({"/feed/events", "/tools/dicom-echo"})
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# Refused by the edge, before anybody is asked who it is.
_HIDDEN = ("/internal", "/metrics", "/readyz")


@dataclass(frozen=True, slots=True)
class Scan:
    """A system with users, everybody who may ask it, and what none of them may be told."""

    system: Axial
    names: Names
    askers: Sequence[Asker]
    kept: frozenset[bytes]
    session: requests.Session = field(default_factory=requests.Session)
    turns: Iterator[int] = field(default_factory=count)

    def ask(self, case: Case[Any], *, by_everybody: bool) -> None:
        """Ask by somebody who may, in turn; before that by everybody who may not."""
        prepared = self.session.prepare_request(
            requests.Request(**case.as_transport_kwargs(base_url=self.system.url))
        )
        path = unquote(urlsplit(str(prepared.url)).path)
        assert prepared.method is not None
        may = [asker for asker in self.askers if asker.may(prepared.method, path)]
        if by_everybody:
            for asker in self.askers:
                if asker not in may:
                    self._refused(self.ask_as(prepared, asker), asker, path)
        if may and case.operation.path not in _NOT_ASKED:
            asker = may[next(self.turns) % len(may)]
            self._answered(case, self.ask_as(prepared, asker), asker)

    def ask_as(self, prepared: requests.PreparedRequest, asker: Asker) -> requests.Response:
        """Send a request as somebody; the answer must tell no secret."""
        prepared.headers.pop("Authorization", None)
        if asker.authorization:
            prepared.headers["Authorization"] = asker.authorization
        answer = self.session.send(prepared, timeout=CLIENT_TIMEOUT_SECONDS)
        told = b"\n".join((str(answer.headers).encode(), answer.content))
        assert not any(secret in told for secret in self.kept), f"{asker} is told a secret"
        return answer

    def _refused(self, answer: requests.Response, asker: Asker, path: str) -> None:
        if path.startswith(_HIDDEN):
            assert answer.status_code == HTTPStatus.NOT_FOUND
            return
        assert answer.status_code in _REFUSED, f"{asker}: {answer.status_code}"
        if asker.principal is None:
            assert answer.status_code == HTTPStatus.UNAUTHORIZED
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            assert answer.content == b""
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def _answered(self, case: Case[Any], answer: requests.Response, asker: Asker) -> None:
        assert answer.status_code != HTTPStatus.UNAUTHORIZED, asker
        # What nobody may do is told otherwise.
        if answer.status_code == HTTPStatus.FORBIDDEN:
            assert "The role " not in answer.text, asker
        is_remote = "500" in case.operation.definition.raw["responses"]
        if is_remote and answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            assert answer.json()["OrthancStatus"] != _INTERNAL
            case.validate_response(answer, checks=_CHECKS)
        else:
            case.validate_response(answer, checks=[not_a_server_error, *_CHECKS])


@pytest.fixture(scope="module")
def scan(module_data: Path) -> Iterator[Scan]:
    """Run a system that has secrets, and tells as much as it can in its logs; store a file."""
    everybody = Everybody()
    dicom = DicomMaker(per_series=1).make(0)
    with running(module_data, Wishes("s3", everybody.options())) as system:
        askers = everybody.askers(system)
        kept = everybody.kept(system, askers)
        operator = {"Authorization": everybody.authorization("operator")}
        with system.client(headers=operator) as client:
            client.put("/tools/log-level", content=b"trace").raise_for_status()
            client.post("/instances", content=dicom.body).raise_for_status()
        scan = Scan(system, dicom.names, askers, kept)
        with scan.session:
            yield scan


def test_what_the_system_is_told_of_others(scan: Scan) -> None:
    """Passwords of peers and proxies, headers and signing keys are shown to no administrator, nor by what fails."""
    operator = scan.askers[-1]
    for method, path, status in (
        ("GET", "/peers?expand", 200),
        ("GET", "/peers/known", 200),
        ("GET", "/peers/known/configuration", 200),
        ("GET", "/peers/known/system", 500),
        ("POST", "/peers/known/store", 500),
        ("GET", "/jobs?expand", 200),
        ("GET", "/feed/consumers?expand", 200),
        ("GET", "/feed/consumers/viewer", 200),
        ("POST", "/feed/consumers/viewer/test", 200),
        ("GET", "/system", 200),
    ):
        data = scan.names.orthanc_ids[-1] if path.endswith("/store") else None
        request = requests.Request(method, f"{scan.system.url}{path}", data=data)
        answer = scan.ask_as(scan.session.prepare_request(request), operator)
        assert answer.status_code == status, answer.text


def test_a_little(scan: Scan) -> None:
    """A few requests to each operation; the first also by everybody who may not."""
    _ask(scan, examples=2, everybody_each=2)


@pytest.mark.long
@pytest.mark.timeout(3 * 60 * 60)
def test_a_lot(scan: Scan) -> None:
    """Many requests to each operation, one in ten also by everybody who may not."""
    _ask(scan, examples=100, everybody_each=10)


def _ask(scan: Scan, examples: int, everybody_each: int) -> None:
    document = scan.session.get(
        f"{scan.system.url}/openapi.json",
        headers={"Authorization": scan.askers[-1].authorization},
        timeout=CLIENT_TIMEOUT_SECONDS,
    ).json()
    failures: list[str] = []
    for operation in operations(document, scan.names):
        numbers = count()

        def ask(case: Case[Any], numbers: Iterator[int] = numbers) -> None:
            scan.ask(case, by_everybody=next(numbers) % everybody_each == 0)

        failures += for_each_case(operation, examples, ask)
    assert not failures, "\n\n".join(failures)
    assert list(logs_with(scan.system, scan.kept)) == []
