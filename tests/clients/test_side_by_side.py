"""The same script for Orthanc and for Axial: what differs is told in the documents, and nothing else does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from docs.compatibility_notes import NOTES
from support.far import running_far
from support.orthanc import running_orthanc
from support.side_by_side.allowed import NOTED, SINCE_1_10_1, Allowed
from support.side_by_side.asking import Answer, ask
from support.side_by_side.comparing import differences
from support.side_by_side.files import files
from support.side_by_side.script import SCRIPT
from support.system import Wishes, running

from axial.cli.ports import free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.tools]

_TITLE = "NEAR"
# The same for both; neither decides while it is asked that something has come to rest.
_OPTIONS = {
    "Name": "Side by side",
    "StableAge": 100_000,
    "DicomAet": _TITLE,
    # Whoever stops waits for associations to be released.
    "DicomAssociationCloseDelay": 0,
    "LogExportedResources": True,
    "UserMetadata": {"my-note": 1024},
    "UserContentType": {"my-file": [1025, "text/plain"]},
}
_ALLOWED: Mapping[str, tuple[Allowed, ...]] = {**SINCE_1_10_1, **NOTED}


@dataclass(frozen=True, slots=True)
class Answers:
    """Both servers' answers, by the names of the requests."""

    ours: Mapping[str, Answer]
    theirs: Mapping[str, Answer]

    def differences(self, name: str) -> dict[str, tuple[object, object]]:
        """The fields in which the answers to one request differ."""
        unordered = SCRIPT[name].unordered
        return differences(self.ours[name], self.theirs[name], unordered=unordered)


@pytest.fixture(scope="module")
def answers(module_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Put the whole script to both, each of them empty before, beside a third that both speak to."""
    known = files()
    with running_far(tmp_path_factory.mktemp("far")) as far:

        def asked(client: httpx2.Client, dicom_port: int | None) -> dict[str, Answer]:
            far.begins_with(known["far1"].body, known["far2"].body)
            far.knows(_TITLE, dicom_port)
            return ask(client, SCRIPT, known, {"far": far})

        (port,) = free_ports(1)
        speaking = {"DicomServerEnabled": True, "DicomPort": port}
        with running_orthanc(
            tmp_path_factory.mktemp("orthanc"), {**_OPTIONS, **speaking}
        ) as client:
            theirs = asked(client, port)
        with (
            running(module_data, Wishes(configuration=_OPTIONS)) as system,
            system.client(headers={"Accept-Encoding": "identity"}) as client,
        ):
            ours = asked(client, system.dicom_port)
    return Answers(ours, theirs)


@pytest.mark.parametrize("name", SCRIPT)
def test_same(answers: Answers, name: str) -> None:
    """Both answer the same: status, headers, and each value of the body."""
    unexpected = {
        field: f"{ours!r:.200} instead of {theirs!r:.200}"
        for field, (ours, theirs) in answers.differences(name).items()
        if not any(
            allowed.covers(name, field, theirs) for each in _ALLOWED.values() for allowed in each
        )
    }
    assert not unexpected


def test_lists_need_not_be_expanded(answers: Answers) -> None:
    """Orthanc 1.10.1 cannot be compared with: it expands whatever the argument says."""
    for name, listed in (
        ("sending: GET /modalities?expand=false", ["far", "nobody"]),
        ("sending: GET /peers?expand=0", ["astray", "far", "nobody", "slashes"]),
        ("asking: GET /queries/{study}/answers?expand=false", ["0"]),
    ):
        assert json.loads(answers.ours[name].content) == listed


def test_every_difference_still_occurs(answers: Answers) -> None:
    """What differs no more is to be taken from the list, and from the documents."""
    found = {
        allowed
        for name in SCRIPT
        for field, (_, theirs) in answers.differences(name).items()
        for each in _ALLOWED.values()
        for allowed in each
        if allowed.covers(name, field, theirs)
    }
    assert {
        f"{reason}: {allowed}"
        for reason, each in _ALLOWED.items()
        for allowed in each
        if allowed not in found
    } == set()


def test_differences_are_told() -> None:
    """Each difference that is not of the version stands in docs/compatibility.md."""
    assert set(NOTED) <= set(NOTES)
