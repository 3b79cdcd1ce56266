"""The summary at the end."""

from pathlib import Path

import pytest

from axial.cli.importing.report import Report
from axial.cli.importing.sources import Unreadable
from axial.cli.importing.upload import Outcome, Status

pytestmark = pytest.mark.unit


def _report() -> Report:
    report = Report()
    report.finished(Unreadable("/x/stored", ""), Outcome(Status.STORED))
    report.skipped()
    for number in range(25):
        refused = Outcome(Status.REFUSED, "Bad file format")
        report.finished(Unreadable(f"/x/{number}.txt", ""), refused)
    report.finished(Unreadable("/x/lost", ""), Outcome(Status.FAILED, "HTTP 500"))
    return report


def test_numbers_come_first_and_reasons_with_names_after() -> None:
    """Reasons are grouped, and a long list of names does not scroll the numbers away."""
    lines = _report().lines()
    assert lines[:4] == [
        " 1  stored",
        "25  refused",
        " 1  failed",
        " 1  finished by an earlier run",
    ]
    assert "refused, 25: Bad file format" in lines
    assert "  … and 15 more" in lines
    assert "failed, 1: HTTP 500" in lines
    assert "  /x/lost" in lines


def test_the_file_has_every_name(tmp_path: Path) -> None:
    """What is not shown can be looked up, each with its reason."""
    file = tmp_path / "not-taken.txt"
    _report().write_names(file)
    lines = file.read_text().splitlines()
    assert len(lines) == 26
    assert "refused\tBad file format\t/x/24.txt" in lines
