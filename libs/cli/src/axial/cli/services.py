"""The services of one machine as programs."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, answers_http

# Longer than the services' own `shutdown_seconds` (10 s): what they finish, they may finish.
_GRACE_SECONDS = 15.0


def service(
    name: str, port: Port, environment: Mapping[str, str], *, config: Path | None = None
) -> Program:
    """Return `python -m axial.<name>`, listening on the loopback port; `ingest-2` is another ingest."""
    base = f"http://{LOOPBACK}:{port}"
    own = {"AXIAL_LISTEN_HOST": LOOPBACK, "AXIAL_LISTEN_PORT": str(port)}
    if config is not None:
        own["AXIAL_CONFIG_FILE"] = str(config.absolute())
    return Program(
        name=name,
        command=(sys.executable, "-m", f"axial.{name.partition('-')[0]}"),
        ready=answers_http(f"{base}/readyz"),
        address=base,
        environment={**environment, **own},
        # The edge, which stops first, would wait in vain for event streams to end by themselves.
        farewell_signal=signal.SIGUSR1,
        grace_seconds=_GRACE_SECONDS,
    )
