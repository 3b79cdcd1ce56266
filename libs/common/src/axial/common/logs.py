"""Structured logs: one JSON line an event, and no key that might carry patient data.

Keys are an allow-list: a key nobody has declared harmless is dropped, so that a mistake loses a detail of
a log line and not a patient's name.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor, WrappedLogger

#: Everything a log line may say. UIDs and resource ids are pseudonymous and stay out as well.
ALLOWED_KEYS = frozenset(
    {
        "attempts", "batch", "blob_key", "bytes", "called_aet", "code", "consumer", "count", "destination",
        "duration_seconds", "engine", "error", "event", "event_id", "event_type", "exception", "from_sequence", "host",
        "level", "logger", "method", "migration", "operation", "option", "peer", "pid", "port", "reason", "remote_aet",
        "remote_ip", "route", "sequence", "service", "signal", "status", "timestamp", "to_sequence", "url", "version",
    }
)  # fmt: skip

# What structlog itself passes along with a line of the standard library's; it is taken out before rendering.
_STRUCTLOG_KEYS = frozenset({"_record", "_from_structlog"})

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def drop_undeclared_keys(
    _logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep the allowed keys only."""
    return {
        key: value for key, value in event.items() if key in ALLOWED_KEYS or key in _STRUCTLOG_KEYS
    }


def name_exception(
    _logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say an exception's type and where it was raised; its text and values may quote a data set."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        places = []
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}")
            traceback = traceback.tb_next
        event["exception"] = f"{type(error).__name__} at {' > '.join(places[-6:])}"
    return event


def configure_logging(
    service: str,
    form: Literal["json", "console"] = "json",
    level: Literal["debug", "info", "warning", "error"] = "info",
) -> None:
    """Send our own and the libraries' log lines through one formatter to standard output."""

    def name_service(
        _logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
        name_exception,
        drop_undeclared_keys,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    # These would tell of every request, with addresses and headers that may hold a secret; their warnings are kept.
    for chatty in ("boto3", "botocore", "httpcore2", "httpx2", "nats", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # These quote values of data sets, in their warnings, too.
    for quoting in ("pydicom", "pynetdicom"):
        logging.getLogger(quoting).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            # What is not logged must cost nothing.
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
