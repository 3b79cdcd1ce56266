"""The page about Orthanc's operations cannot leave one out, nor tell of what is not there."""

import re

import pytest
from docs import compatibility
from docs.compatibility import Untold, covered, orthanc_operations, page, shape
from docs.compatibility_notes import NOTES, Note
from docs.routes import all_operations

pytestmark = pytest.mark.unit

_OFFERED = [operation.name for operation in all_operations()]


def test_every_operation_has_its_line() -> None:
    """All 299 of them, once."""
    told = re.findall(r"^\| `([A-Z]+ /\S*)` \|", page(_OFFERED), re.MULTILINE)
    assert len(told) == 299
    assert sorted(told) == sorted(orthanc_operations())


def test_an_operation_that_is_gone() -> None:
    """What is no longer offered needs a reason before the page can be written."""
    without = [name for name in _OFFERED if shape(name) != "GET /statistics"]
    with pytest.raises(Untold, match="GET /statistics"):
        page(without)


def test_an_operation_that_came() -> None:
    """What is offered must not be told to be missing."""
    with pytest.raises(Untold, match="POST /tools/reset"):
        page([*_OFFERED, "POST /tools/reset"])


def test_a_note_about_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference of what is not offered is none."""
    notes = {**NOTES, "wrong": Note("Differs.", ("POST /tools/shutdown",))}
    monkeypatch.setattr(compatibility, "NOTES", notes)
    with pytest.raises(Untold, match="POST /tools/shutdown"):
        page(_OFFERED)


def test_a_note_about_levels() -> None:
    """`{level}` is each level at which there is the operation."""
    assert covered(Note("", ("GET /{level}/{id}/archive",)), orthanc_operations()) == [
        f"GET /{level}/{{id}}/archive" for level in ("patients", "studies", "series")
    ]
