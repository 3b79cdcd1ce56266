"""NATS with JetStream on loopback: the log."""

import json
import signal
from pathlib import Path

from axial.cli.engines.binaries import script
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, answers_http

# An event carries the dataset up to the pixel data; what is larger goes to blob storage. NATS's
# default is 1 MB, and its own advice is to stay at or under 8 MB.
_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024


def url(port: Port) -> str:
    """Build the address that clients are given."""
    return f"nats://{LOOPBACK}:{port}"


def prepare(data: Path, port: Port, monitoring: Port, *, durable: bool = True) -> Program:
    """Write the configuration into `data`; return the server as a program."""
    data.mkdir(parents=True, exist_ok=True)
    configuration = data / "nats-server.conf"
    configuration.write_text(_configuration(data, port, monitoring, durable=durable))
    return Program(
        name="nats",
        command=(str(script("nats-server")), "--config", str(configuration)),
        # 200 only after JetStream has recovered its streams, which a TCP probe would not see.
        ready=answers_http(f"http://{LOOPBACK}:{monitoring}/healthz"),
        address=url(port),
        stop_signal=signal.SIGTERM,
    )


def _configuration(data: Path, port: Port, monitoring: Port, *, durable: bool) -> str:
    # JetStream answers a publish after write(), and fsyncs every two minutes unless told: an
    # acknowledged event could be lost with the power. `always` syncs before the answer.
    sync_interval = "always" if durable else "2m"
    return f"""\
server_name: axial
listen: "{LOOPBACK}:{port}"
http: "{LOOPBACK}:{monitoring}"
max_payload: {_MAX_PAYLOAD_BYTES}
jetstream {{
  store_dir: {json.dumps(str(data / "jetstream"))}
  sync_interval: {sync_interval}
}}
"""
