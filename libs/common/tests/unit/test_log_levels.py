"""How much is logged follows the settings, by category."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from axial.common.configuration import Configuration
from axial.common.log_levels import LogLevels
from axial.common.logs import configure_logging
from axial.common.runtime import LogCategory, Verbosity
from axial.common.runtime.settings import LOG_CATEGORIES, initial_settings

pytestmark = pytest.mark.unit

# A logger that speaks of each category's matters, where there is one.
_OURS: dict[LogCategory, str] = {
    "dicom": "axial.ingest.receive",
    "generic": "axial.common.nats",
    "http": "axial.common.metrics",
    "jobs": "axial.index.collect",
    "sqlite": "axial.index.projector",
}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was for the tests that follow."""
    loggers = [logging.getLogger(), *_loggers()]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger in [logging.getLogger(), *_loggers()]:
        logger.setLevel(logging.NOTSET)
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
    structlog.reset_defaults()


def _loggers() -> list[logging.Logger]:
    known = logging.getLogger().manager.loggerDict.values()
    return [logger for logger in known if isinstance(logger, logging.Logger)]


def apply(levels: LogLevels, verbosity: Verbosity = "default", *categories: LogCategory) -> None:
    """Log some categories as told, the others by default."""
    settings = initial_settings(Configuration())
    verbosities = (verbosity if each in categories else "default" for each in LOG_CATEGORIES)
    levels.apply(replace(settings, verbosities=tuple(verbosities)))


@pytest.mark.parametrize("category", _OURS)
def test_a_category_alone_becomes_verbose(
    category: LogCategory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lines of debugging appear, and no other's; they go when it is default again."""
    configure_logging("index")
    levels = LogLevels("info")
    apply(levels, "verbose", category)
    for name in _OURS.values():
        structlog.get_logger(name).debug("told", logger=name)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert f'"logger": "{_OURS[category]}"' in lines[0]
    apply(levels)
    structlog.get_logger(_OURS[category]).debug("told")
    assert capsys.readouterr().out == ""


def test_trace_lets_libraries_speak_but_not_those_that_quote(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A client's debugging tells URLs, pydicom's values: neither is heard at any level."""
    configure_logging("index")
    apply(LogLevels("info"), "trace", *LOG_CATEGORIES)
    for name in (
        "uvicorn.error",
        "asyncio",
        "pydicom",
        "pynetdicom.acse",
        "httpx2",
        "httpcore2.connection",
        "botocore",
    ):
        logging.getLogger(name).debug("told by %s", name)
    told = capsys.readouterr().out
    assert "told by uvicorn.error" in told
    assert "told by asyncio" in told
    assert told.count("told by") == 2


def test_default_is_what_the_environment_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Less than usual, here; more is nonetheless to be had."""
    configure_logging("index", level="error")
    levels = LogLevels("error")
    log = structlog.get_logger("axial.index.collect")
    apply(levels)
    log.info("told")
    assert capsys.readouterr().out == ""
    apply(levels, "verbose", "jobs")
    log.info("told")
    assert "told" in capsys.readouterr().out
