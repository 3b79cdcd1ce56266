"""The services of one machine as programs."""

import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, answers_http

# Longer than the services' own `shutdown_seconds` (10 s): what they finish, they may finish.
_GRACE_SECONDS = 15.0


def service(
    name: str,
    port: Port,
    environment: Mapping[str, str],
    *,
    config: Path | None = None,
    address: str = "",
) -> Program:
    """Return `python -m axial.<name>`, listening on the loopback port; `ingest-2` is another ingest.

    `address` is where its users find it, when that is not this port.
    """
    base = f"http://{LOOPBACK}:{port}"
    module = re.sub(r"-\d+$", "", name).replace("-", "_")
    own = {"AXIAL_LISTEN_HOST": LOOPBACK, "AXIAL_LISTEN_PORT": str(port)}
    if config is not None:
        own["AXIAL_CONFIG_FILE"] = str(config.absolute())
    return Program(
        name=name,
        command=(sys.executable, "-m", f"axial.{module}"),
        ready=answers_http(f"{base}/readyz"),
        address=address or base,
        environment={**environment, **own},
        # The edge, which stops first, would wait in vain for event streams to end by themselves.
        farewell_signal=signal.SIGUSR1,
        grace_seconds=_GRACE_SECONDS,
    )
