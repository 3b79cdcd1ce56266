"""PostgreSQL 18 on loopback, owned by whoever starts it."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from axial.cli.engines.binaries import postgres_program
from axial.cli.ports import LOOPBACK, Port
from axial.cli.program import Program, succeeds

ROLE = "axial"
DATABASE = "axial"

# The wheel's first start on a cold disk took 1 s here; a slow disk gets a hundred times that.
_INITDB_TIMEOUT_SECONDS = 120

_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}

# Used only where root can neither be itself nor make a user namespace.
_SYSTEM_ACCOUNT = "axial-postgres"

_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Less WAL for the same pages: the log is fsynced at every commit, so bytes are time.
    "wal_compression": "on",
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It may lie in memory.
    "max_wal_size": "256MB",
}

# One process of each service takes up to 60: their pools, and one for each thing that they listen to or lead. The rest
# is for commands, and for people.
_CONNECTIONS = 100

_COMMON = {
    "listen_addresses": LOOPBACK,
    # TCP only: a socket file would need a short path, and would outlive a kill.
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    # One projector writes in large transactions: fewer checkpoints, spread out.
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    # Local solid-state disks are assumed; the default 4.0 is meant for spinning ones.
    "random_page_cost": "1.1",
    # The tables are small beside a data warehouse's: compiling plans costs more than it saves.
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # A failing statement, its parameters and the key in DETAIL may hold patient data: neither the
    # statement (error_statement) nor DETAIL, HINT, CONTEXT (verbosity) may reach the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class PostgresFailed(RuntimeError):
    """The data folder could not be made."""


def url(port: Port, database: str = DATABASE) -> str:
    """Build the address that clients are given."""
    return f"postgresql://{ROLE}@{LOOPBACK}:{port}/{database}"


def settings(port: Port, *, durable: bool, replicas: int = 1) -> dict[str, str]:
    """Choose the server's settings."""
    own = {"port": str(port), "max_connections": str(replicas * _CONNECTIONS)}
    return _COMMON | (_DURABLE if durable else _THROW_AWAY) | own


def prepare(data: Path, port: Port, *, durable: bool = True, replicas: int = 1) -> Program:
    """Make the cluster in `data` if there is none; return the server as a program."""
    if not (data / "PG_VERSION").exists():
        _create(data, durable=durable)
    identity = _identity()
    chosen = settings(port, durable=durable, replicas=replicas)
    options = [text for name, value in chosen.items() for text in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        command=(*identity.prefix, str(postgres_program("postgres")), "-D", str(data), *options),
        ready=succeeds(
            str(postgres_program("pg_isready")), "-q", "-h", LOOPBACK, "-p", str(port), "-t", "1"
        ),
        address=url(port),
        environment=_ENVIRONMENT,
        user=identity.user,
        # "Fast": disconnect clients, write a checkpoint, leave. SIGTERM would wait for clients.
        stop_signal=signal.SIGINT,
        grace_seconds=30.0,
        # "Immediate": its children go too, without a checkpoint. After a SIGKILL they would linger
        # until they notice, and hold the shared memory that the next start asks for.
        kill_signal=signal.SIGQUIT,
    )


def _create(data: Path, *, durable: bool) -> None:
    """Build the cluster aside and rename it, so that a crash never leaves half of one."""
    unfinished = data.with_name(data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    if account := _identity().user:
        shutil.chown(unfinished, user=account)
        # It may pass through the folder above, without seeing what is in it.
        unfinished.parent.chmod(unfinished.parent.stat().st_mode | stat.S_IXOTH)
    _run(
        str(postgres_program("initdb")),
        f"--pgdata={unfinished}",
        f"--username={ROLE}",
        # Only this machine can connect (listen_addresses); whoever can, could read the files too.
        "--auth=trust",
        "--encoding=UTF8",
        # Bytes sort as bytes: the same order on every machine and in every replay.
        "--locale=C",
        *([] if durable else ["--no-sync"]),
    )
    _run(
        str(postgres_program("postgres")),
        "--single",
        "-D",
        str(unfinished),
        *([] if durable else ["-F"]),
        "postgres",
        stdin=f"CREATE DATABASE {DATABASE}\n",
    )
    unfinished.rename(data)


def _run(*command: str, stdin: str = "") -> None:
    identity = _identity()
    outcome = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        (*identity.prefix, *command),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=_INITDB_TIMEOUT_SECONDS,
        env={**os.environ, **_ENVIRONMENT},
        user=identity.user,
    )
    if outcome.returncode != 0:
        last_line = (outcome.stderr.strip().splitlines() or ["no message"])[-1]
        raise PostgresFailed(f"{Path(command[0]).name} failed: {last_line}")


@dataclass(frozen=True, slots=True)
class _Identity:
    """How a child process comes to be somebody PostgreSQL agrees to be."""

    prefix: tuple[str, ...] = ()
    user: str | None = None


@cache
def _identity() -> _Identity:
    """Choose the identity: PostgreSQL refuses to run as root.

    In a user namespace root is shown to PostgreSQL as user 1000, while for the file system it
    stays root: no second account, and no folder has to change hands. Where namespaces are
    forbidden (a container's default seccomp profile), a system account takes root's place, and
    the data folder is given to it.
    """
    if os.geteuid() != 0:
        return _Identity()
    unshare = shutil.which("unshare")
    if unshare is not None:
        prefix = (unshare, "--user", "--map-user=1000", "--map-group=1000", "--")
        if subprocess.run((*prefix, "true"), capture_output=True, check=False).returncode == 0:  # noqa: S603
            return _Identity(prefix=prefix)
    _ensure_account(_SYSTEM_ACCOUNT)
    return _Identity(user=_SYSTEM_ACCOUNT)


def _ensure_account(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(("useradd", "--system", name), check=True, capture_output=True)  # noqa: S603, S607
