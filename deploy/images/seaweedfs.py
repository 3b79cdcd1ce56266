"""SeaweedFS on one machine, for its container: `seaweedfs.py` serves S3 from /data, `seaweedfs.py healthy` asks it.

What it does for durability, and why, is told where `axial up` does the same: `axial.cli.engines.seaweedfs`. Without
packages, as the image has none.
"""

import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from types import FrameType

from seaweedfs_recovery import mend_volumes

DATA = Path("/data")
# S3 alone is for others; whoever reaches the rest of it needs no key.
FILER = "http://127.0.0.1:8888"
OPTIONS = {
    "dir": "volumes",
    "ip": "127.0.0.1",
    "ip.bind": "127.0.0.1",
    "master.port": 9333,
    "master.port.grpc": 19333,
    "master.electionTimeout": "1s",
    "master.volumeSizeLimitMB": 1024,
    "master.telemetry": "false",
    "volume.port": 8080,
    "volume.port.grpc": 18080,
    "volume.max": 1_000_000,
    "volume.minFreeSpace": "16MiB",
    "volume.preStopSeconds": 0,
    "filer": "true",
    "filer.port": 8888,
    "filer.port.grpc": 18888,
    "filer.localSocket": "filer.sock",
    "s3": "true",
    "s3.ip.bind": "0.0.0.0",  # noqa: S104 - of a container, whose ports are not published
    "s3.port": 8333,
    "s3.port.grpc": 18333,
    "s3.port.iceberg": 0,
    "s3.port.lance": 0,
    "s3.localSocket": "s3.sock",
    "s3.config": "/run/secrets/seaweedfs_s3.json",
    # For Prometheus.
    "metricsIp": "0.0.0.0",  # noqa: S104
    "metricsPort": 9327,
}
FSYNC_RULE = b'{"locations": [{"locationPrefix": "/buckets/", "fsync": true}]}'

_RULE_PATH = "/etc/seaweedfs/filer.conf"
_READY_PATH = "/etc/axial/ready"
# Shorter than the container's patience with a question for its health.
_TIMEOUT_SECONDS = 4.0
_PAUSE_SECONDS = 0.2
# What was answered is on disk: an orderly stop, which takes 15 s, gains nothing.
_GRACE_SECONDS = 2.0


def serve() -> int:
    """Mend what a power failure has left, run `weed` until it ends or is asked to, and see to the rule of fsync."""
    (DATA / "volumes").mkdir(exist_ok=True)
    with closing(sqlite3.connect(DATA / "filer.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    (DATA / "filer.toml").write_text('[sqlite]\nenabled = true\ndbFile = "filer.db"\n')
    mend_volumes(DATA / "volumes")
    options = [f"-{name}={value}" for name, value in OPTIONS.items()]
    weed = subprocess.Popen(["weed", "-logtostderr=true", "server", *options], cwd=DATA)  # noqa: S603, S607 - the image's
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        weed.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    has_rule = False
    while weed.poll() is None:
        if stopping:
            try:
                weed.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                weed.kill()
            continue
        if not has_rule:
            has_rule = _put(_RULE_PATH, FSYNC_RULE)
        time.sleep(_PAUSE_SECONDS)
    return 0 if stopping else weed.returncode


def healthy() -> bool:
    """Write one small file, read it back, and see that the rule of fsync is in force."""
    given = secrets.token_bytes(16)
    try:
        _put(_READY_PATH, given)
        return _get(_READY_PATH) == given and _get(_RULE_PATH) == FSYNC_RULE
    except OSError:
        return False


def _put(path: str, content: bytes) -> bool:
    kind = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(FILER + path, content, kind, method="PUT")  # noqa: S310 - the filer, by HTTP
    try:
        urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()  # noqa: S310
    except OSError:
        return False
    return True


def _get(path: str) -> bytes:
    with urllib.request.urlopen(FILER + path, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        return bytes(answer.read())


if __name__ == "__main__":
    if sys.argv[1:] == ["healthy"]:
        sys.exit(not healthy())
    os.umask(0o077)
    sys.exit(serve())
