"""The page that says of each operation of Orthanc whether Axial has it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from docs.compatibility_notes import NOTES, Note

from axial.common.identifiers import Level
from axial.common.not_offered import NOT_OFFERED

_ORTHANC = Path(__file__).with_name("orthanc_operations.txt")
_LEVELS = tuple(level.path_name for level in Level)
_PARAMETER = re.compile(r"\{\w+\}")

_INTRODUCTION = """\
# Compatibility with Orthanc

Each operation of the REST API of Orthanc 1.12.11: **same**, **different** or **not offered**. What is offered is read
from the routes of the services, what differs from `docs/compatibility_notes.py`, and why something is not offered from
the table that answers for it (`axial.common.not_offered`): such a request gets 404, with the reason in `Details`.
`tests/e2e/test_operations.py` asks a running system for all of them.

The feeds, Azure's and Axial's own, are in [feeds.md](feeds.md). A running system tells all its operations, with their
parameters, at `/docs`, and to programs at `/openapi.json`.
"""


class Untold(Exception):
    """An operation and the tables about it do not go together."""


def orthanc_operations() -> list[str]:
    """List the operations of Orthanc, each as `GET /patients/{id}`."""
    lines = _ORTHANC.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def shape(operation: str) -> str:
    """Leave out how the parameters of a path are called."""
    return _PARAMETER.sub("{}", operation)


def page(offered: Iterable[str]) -> str:
    """Write the page; raises `Untold`."""
    shapes = {shape(operation) for operation in offered}
    orthancs = orthanc_operations()
    here = [operation for operation in orthancs if shape(operation) in shapes]
    notes = _notes_by_operation(here, orthancs)
    reasons = _reasons(here)
    if silent := [each for each in orthancs if each not in reasons and each not in here]:
        raise Untold(f"neither offered nor with a reason in not_offered.py: {silent}")
    different = [operation for operation in here if operation in notes]
    counts = {
        "same": len(here) - len(different),
        "different": len(different),
        "not offered": len(orthancs) - len(here),
    }
    parts = [_INTRODUCTION, *_table(("", "operations"), counts.items())]
    parts += [
        "\n## Everywhere\n",
        *(f"- {note.text}" for note in NOTES.values() if not note.operations),
    ]
    for title, operations in _sections(orthancs).items():
        rows = [(f"`{each}`", *_verdict(each, notes, reasons)) for each in operations]
        parts += [f"\n## {title}\n", *_table(("operation", "", "difference or reason"), rows)]
    return "\n".join(parts) + "\n"


def covered(note: Note, operations: Collection[str]) -> list[str]:
    """List the operations that a note is about; raises `Untold` where there is none."""
    found = []
    for named in note.operations:
        expanded = [named.replace("{level}", level) for level in _LEVELS]
        present = [each for each in dict.fromkeys(expanded) if each in operations]
        if not present:
            raise Untold(f"a note is about {named}, which is not offered")
        found += present
    return found


def _notes_by_operation(here: list[str], orthancs: list[str]) -> dict[str, list[str]]:
    by_operation: dict[str, list[str]] = {}
    known = set(here)
    for note in NOTES.values():
        for operation in covered(note, known):
            by_operation.setdefault(operation, []).append(note.text)
    assert by_operation.keys() <= set(orthancs)
    return by_operation


def _reasons(here: Collection[str]) -> dict[str, str]:
    by_shape = {
        shape(f"{method} {operation.path}"): operation.reason
        for operation in NOT_OFFERED
        for method in operation.methods
    }
    if both := [each for each in here if shape(each) in by_shape]:
        raise Untold(f"offered, and yet in not_offered.py: {both}")
    known = set(here)
    return {
        operation: by_shape[shape(operation)]
        for operation in orthanc_operations()
        if operation not in known and shape(operation) in by_shape
    }


def _sections(operations: Iterable[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for operation in operations:
        first = operation.partition(" /")[2].partition("/")[0]
        sections.setdefault(f"/{first}", []).append(operation)
    return sections


def _verdict(
    operation: str, notes: Mapping[str, list[str]], reasons: Mapping[str, str]
) -> tuple[str, str]:
    if operation in reasons:
        return "not offered", f"{reasons[operation]}."
    told = notes.get(operation)
    return ("different", " ".join(told)) if told else ("same", "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
