"""Logs tell what happened, and nothing of anybody's data set."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydicom import dcmread
from pydicom.data import get_testdata_file

from axial.common.logs import configure_logging

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was for the tests that follow."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(captured: str) -> list[dict[str, object]]:
    """Read what was logged."""
    return [json.loads(line) for line in captured.splitlines()]


def test_a_line_is_json_with_the_declared_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """An undeclared key is dropped, a declared one kept."""
    configure_logging("ingest")
    structlog.get_logger("test").info("instance_stored", duration_seconds=0.5, patient_name="DOE")
    (line,) = lines(capsys.readouterr().out)
    assert (line["event"], line["service"], line["duration_seconds"]) == (
        "instance_stored",
        "ingest",
        0.5,
    )
    assert "patient_name" not in line


def test_a_library_speaks_through_the_same_formatter(capsys: pytest.CaptureFixture[str]) -> None:
    """So that one tool reads all lines."""
    configure_logging("ingest")
    logging.getLogger("uvicorn.error").warning("closing")
    (line,) = lines(capsys.readouterr().out)
    assert (line["event"], line["level"], line["logger"]) == ("closing", "warning", "uvicorn.error")


def test_no_value_of_a_real_dataset_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Given every attribute as a key, and an exception that quotes the patient's name."""
    configure_logging("ingest")
    dataset = dcmread(str(get_testdata_file("CT_small.dcm")))
    name = str(dataset.PatientName)
    log = structlog.get_logger("test")
    try:
        int(name)
    except ValueError:
        log.exception("failed", **{element.keyword: str(element.value) for element in dataset})
    (line,) = lines(capsys.readouterr().out)
    assert name
    assert name not in json.dumps(line)
    assert "ValueError at test_logs.py" in str(line["exception"])
