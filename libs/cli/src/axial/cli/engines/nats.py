"""NATS with JetStream on loopback: the log."""

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path

from axial.cli.engines.binaries import script
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import PROBE_TIMEOUT_SECONDS, Probe, Program, answers_http

# An event carries the dataset up to the pixel data; what is larger goes to blob storage. NATS's
# default is 1 MB, and its own advice is to stay at or under 8 MB.
_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024

# Left to itself, the server takes three quarters of what the disk has free when it starts for the most that all streams
# may ever hold: started again beside a large log, it would take in nothing more. The disk is limit enough.
_MAX_FILE_STORE = "1PB"


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
        stuck=_cannot_write(f"http://{LOOPBACK}:{monitoring}/healthz"),
        address=url(port),
        stop_signal=signal.SIGTERM,
    )


def _cannot_write(url: str) -> Probe:
    """Make a probe for a stream that has met a write error, such as of a full disk.

    It stays closed to what comes until the server is started again, also when there is room again.
    """

    def probe() -> bool:
        try:
            urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_SECONDS).close()  # noqa: S310 - our own loopback URL
        except urllib.error.HTTPError as error:
            return b"write error" in error.read()
        except OSError:
            pass
        return False

    return probe


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
  max_file_store: {_MAX_FILE_STORE}
}}
"""
