"""SeaweedFS on loopback: the S3 store of one machine."""

import json
import secrets
import sqlite3
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from axial.cli.engines.binaries import script
from axial.cli.engines.seaweedfs_recovery import mend_volumes
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, answers_http

REGION = "us-east-1"

# Volumes are files that grow; the smaller they are, the sooner the space of deleted blobs comes
# back, as compaction rewrites a whole volume.
_VOLUME_SIZE_MEGABYTES = 1024

# A loopback call that takes longer than this is asked again by the caller.
_FILER_TIMEOUT_SECONDS = 5.0

# Outside /buckets: S3 clients do not see it.
_READY_PATH = "/etc/axial/ready"

# What makes an answered PUT survive a power failure (seen by strace on 4.48, per PUT of 20 KB):
# - the bytes: SeaweedFS only write()s unless a path rule says fsync. The rule lives in the filer
#   (/etc/seaweedfs/filer.conf, `fs.configure -fsync`); the S3 gateway gets it with each volume
#   assignment and appends `?fsync=true`, and the volume server then batches the fsyncs of
#   concurrent writers (seaweedfs weed/storage/volume_write.go, startWorker).
# - the name: the filer's default store, leveldb2, is never synced: the bytes would be there and
#   nobody would know whose. The SQLite store syncs at each commit; in WAL mode with one fsync
#   where its default rollback journal needs four. WAL is a property of the file, so it is enough
#   to create the file with it.
_FSYNC_RULE = {"locations": [{"locationPrefix": "/buckets/", "fsync": True}]}


@dataclass(frozen=True, slots=True)
class S3Credentials:
    """The one identity of the store."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class SeaweedPorts:
    """Every listener has its port named: by default gRPC is at port + 10000, which may be taken."""

    master: Port
    master_grpc: Port
    volume: Port
    volume_grpc: Port
    filer: Port
    filer_grpc: Port
    s3: Port
    s3_grpc: Port
    metrics: Port

    COUNT = 9

    @classmethod
    def of(cls, ports: Sequence[Port]) -> "SeaweedPorts":
        """Take the ports in the order of the fields."""
        return cls(*ports)


def url(ports: SeaweedPorts, bucket: str) -> str:
    """Build the blob store's address that services are given."""
    return f"s3://{bucket}?endpoint=http://{LOOPBACK}:{ports.s3}&region={REGION}"


def credentials(data: Path) -> S3Credentials:
    """Read the store's keys, or invent them on the first start."""
    file = data / "s3.json"
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True)
        keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
        actions = ["Admin", "Read", "List", "Tagging", "Write"]
        identities = [{"name": "axial", "credentials": [keys], "actions": actions}]
        unfinished = file.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps({"identities": identities}))
        unfinished.rename(file)
    keys = json.loads(file.read_text())["identities"][0]["credentials"][0]
    return S3Credentials(keys["accessKey"], keys["secretKey"])


def prepare(data: Path, ports: SeaweedPorts, *, durable: bool = True) -> Program:
    """Make folders, keys and the filer's database in `data`; return the server as a program."""
    volumes = data / "volumes"
    volumes.mkdir(parents=True, exist_ok=True)
    credentials(data)
    _create_filer_store(data, durable=durable)
    gateway_answers = answers_http(f"http://{LOOPBACK}:{ports.s3}/healthz")
    return Program(
        name="seaweedfs",
        command=(str(script("weed")), "-logtostderr=true", "server", *_options(ports)),
        # `weed` looks for filer.toml in its working directory, and has no option to name it. All
        # paths below are relative to it: a socket's may not exceed 107 bytes, and `-dir` splits at
        # commas.
        directory=data,
        ready=lambda: gateway_answers() and _keeps_what_it_is_given(ports.filer),
        address=f"http://{LOOPBACK}:{ports.s3}",
        # Its filer waits 15 s for gRPC streams that the same process holds open, so an orderly stop
        # never ends sooner. Nothing is gained by it: what was answered is on disk.
        grace_seconds=2.0,
        before_start=lambda: mend_volumes(volumes),
        once_ready=(lambda: _put_fsync_rule(ports.filer)) if durable else None,
    )


def _options(ports: SeaweedPorts) -> list[str]:
    options = {
        "dir": "volumes",
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        "master.port": ports.master,
        "master.port.grpc": ports.master_grpc,
        # One node elects itself; with the default 10 s a restart took 15 s instead of 3.
        "master.electionTimeout": "1s",
        "master.volumeSizeLimitMB": _VOLUME_SIZE_MEGABYTES,
        # It would report to its makers otherwise.
        "master.telemetry": "false",
        "volume.port": ports.volume,
        "volume.port.grpc": ports.volume_grpc,
        # More than any disk has room for; nothing is preallocated. With 0, for as many as there is room for, it would
        # not make the first one on a small disk, and not use the end of a large one.
        "volume.max": 1_000_000,
        # One hundredth of the disk by default; then everything in it is read-only until a minute after there is room.
        # Ingest leaves more than this (`AXIAL_RESERVED_BYTES`).
        "volume.minFreeSpace": "16MiB",
        # Nobody has to be told: there is no second volume server.
        "volume.preStopSeconds": 0,
        "filer": "true",
        "filer.port": ports.filer,
        "filer.port.grpc": ports.filer_grpc,
        "filer.localSocket": "filer.sock",
        "s3": "true",
        "s3.port": ports.s3,
        "s3.port.grpc": ports.s3_grpc,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.localSocket": "s3.sock",
        "s3.config": "s3.json",
        # Prometheus may ask there.
        "metricsPort": ports.metrics,
    }
    return [f"-{name}={value}" for name, value in options.items()]


def _create_filer_store(data: Path, *, durable: bool) -> None:
    if durable:
        with closing(sqlite3.connect(data / "filer.db")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        store = '[sqlite]\nenabled = true\ndbFile = "filer.db"\n'
    else:
        store = '[leveldb2]\nenabled = true\ndir = "filerldb2"\n'
    (data / "filer.toml").write_text(store)


def _keeps_what_it_is_given(filer: Port) -> bool:
    """Write and read back one small file.

    The gateway says that it is healthy up to a second before the volume servers are known to it,
    and answers 500 to every GET and PUT in between.
    """
    given = secrets.token_bytes(16)
    try:
        _ask(filer, _READY_PATH, given)
        return _ask(filer, _READY_PATH) == given
    except OSError:
        return False


def _put_fsync_rule(filer: Port) -> None:
    _ask(filer, "/etc/seaweedfs/filer.conf", json.dumps(_FSYNC_RULE).encode())


def _ask(filer: Port, path: str, content: bytes | None = None) -> bytes:
    """PUT the content to the filer's path, or GET what is there."""
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{filer}{path}",
        data=content,
        method="GET" if content is None else "PUT",
        headers={} if content is None else {"Content-Type": "application/octet-stream"},
    )
    with urllib.request.urlopen(request, timeout=_FILER_TIMEOUT_SECONDS) as answer:  # noqa: S310
        return bytes(answer.read())
