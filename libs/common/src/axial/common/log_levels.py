"""How much is logged, by Orthanc's categories and in its words.

`default` is what the environment's `AXIAL_LOG_LEVEL` says; `verbose` adds our own lines of debugging, `trace` those
of the libraries, too.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from axial.common.runtime.settings import LOG_CATEGORIES, LogCategory, RuntimeSettings, Verbosity

# Below DEBUG; uvicorn tells of its connections at this level.
_TRACE = 5


@dataclass(frozen=True, slots=True)
class _Loggers:
    """Who speaks of a category's matters."""

    ours: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


# A logger stands for all below it, but for those named elsewhere here. The libraries that quote data sets, requests
# or credentials are not among them: `logs` silences them for good.
_LOGGERS: Mapping[LogCategory, _Loggers] = {
    "dicom": _Loggers(("axial.ingest.receive", "axial.dicom_gateway")),
    # Whatever is not named below.
    "generic": _Loggers(("axial",), ("",)),
    "http": _Loggers(("axial.common.metrics",), ("uvicorn", "uvicorn.error")),
    # What works in the background: Orthanc's word for it.
    "jobs": _Loggers(
        (
            "axial.changefeed.push",
            "axial.changefeed.stream",
            "axial.index.collect",
            "axial.index.quiet",
            "axial.index.stability",
            "axial.ingest.sweep",
            "axial.router",
        )
    ),
    # Nobody speaks of these here.
    "lua": _Loggers(),
    "plugins": _Loggers(),
    # The database is Postgres.
    "sqlite": _Loggers(
        (
            "axial.common.migrate",
            "axial.common.postgres",
            "axial.index.database",
            "axial.index.projector",
        ),
        ("asyncpg",),
    ),
}


class LogLevels:
    """Sets the levels of a process's loggers."""

    def __init__(self, default: str) -> None:
        self._default = logging.getLevelNamesMapping()[default.upper()]

    def apply(self, settings: RuntimeSettings) -> None:
        """Log from now on what the settings say."""
        for category in LOG_CATEGORIES:
            verbosity = settings.verbosity_of(category)
            loggers = _LOGGERS[category]
            for name in loggers.ours:
                logging.getLogger(name).setLevel(self._level(verbosity))
            for name in loggers.libraries:
                # Without debugging of its own, a library is as loud as we are by default.
                level = _TRACE if verbosity == "trace" else self._default
                logging.getLogger(name).setLevel(level)

    def _level(self, verbosity: Verbosity) -> int:
        match verbosity:
            case "default":
                return self._default
            case "verbose":
                return min(self._default, logging.DEBUG)
            case "trace":
                return min(self._default, _TRACE)
