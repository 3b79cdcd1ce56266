"""What the engines and services are started with."""

import json
import sys
from pathlib import Path

import pytest

from axial.cli.engines import caddy, nats, seaweedfs
from axial.cli.engines.binaries import EngineMissing
from axial.cli.engines.caddy import Upstreams
from axial.cli.engines.postgres import settings
from axial.cli.engines.seaweedfs import SeaweedPorts
from axial.cli.ports import Port
from axial.cli.services import service

pytestmark = pytest.mark.unit

SEAWEED_PORTS = SeaweedPorts.of(
    [Port(number) for number in range(31001, 31001 + SeaweedPorts.COUNT)]
)


def test_postgres_is_durable_unless_it_is_for_tests() -> None:
    """Every commit is synced for users; only the tests' server forgets."""
    durable = settings(Port(5432), durable=True)
    assert (durable["fsync"], durable["synchronous_commit"]) == ("on", "on")
    assert settings(Port(5432), durable=False)["fsync"] == "off"


def test_postgres_listens_on_loopback_only_and_logs_no_statements() -> None:
    """Nobody connects from elsewhere, and no statement with patient data reaches the log."""
    chosen = settings(Port(5432), durable=True)
    assert chosen["listen_addresses"] == "127.0.0.1"
    assert chosen["unix_socket_directories"] == ""
    assert chosen["log_min_error_statement"] == "panic"
    assert chosen["log_error_verbosity"] == "terse"


def test_nats_syncs_every_message_to_disk(tmp_path: Path) -> None:
    """An acknowledged event is on disk, whatever the folder is called."""
    folder = tmp_path / 'a "quoted" folder'
    nats.prepare(folder, Port(4222), Port(8222))
    configuration = (folder / "nats-server.conf").read_text()
    assert "sync_interval: always" in configuration
    assert "max_payload: 8388608" in configuration
    assert 'listen: "127.0.0.1:4222"' in configuration
    assert json.dumps(str(folder / "jetstream")) in configuration


def test_nats_may_use_the_whole_disk(tmp_path: Path) -> None:
    """The log's limit does not follow from what is free at the start: that is less, the larger the log is."""
    nats.prepare(tmp_path, Port(4222), Port(8222))
    assert "max_file_store: 1PB" in (tmp_path / "nats-server.conf").read_text()


def test_seaweedfs_uses_the_whole_disk(tmp_path: Path) -> None:
    """It goes on to write where ingest has long ended to, and makes volumes as long as it does."""
    program = seaweedfs.prepare(tmp_path, SEAWEED_PORTS)
    assert "-volume.minFreeSpace=16MiB" in program.command
    assert "-volume.max=1000000" in program.command


def test_seaweedfs_names_every_port_and_stays_on_loopback(tmp_path: Path) -> None:
    """No listener is left to a default, and nothing is reported to anybody."""
    program = seaweedfs.prepare(tmp_path, SEAWEED_PORTS)
    options = dict(text.removeprefix("-").split("=", 1) for text in program.command[3:])
    assert (options["ip"], options["ip.bind"]) == ("127.0.0.1", "127.0.0.1")
    named = {int(value) for name, value in options.items() if ".port" in name or "Port" in name}
    assert named == {*range(31001, 31001 + SeaweedPorts.COUNT), 0}
    assert options["master.telemetry"] == "false"


def test_seaweedfs_keys_are_invented_once_and_kept_private(tmp_path: Path) -> None:
    """A second start uses the keys of the first, which only their owner can read."""
    first = seaweedfs.credentials(tmp_path)
    assert seaweedfs.credentials(tmp_path) == first
    assert first != seaweedfs.credentials(tmp_path / "another")
    assert (tmp_path / "s3.json").stat().st_mode & 0o077 == 0


def test_the_edge_is_told_everything_by_its_environment(tmp_path: Path) -> None:
    """The Caddyfile has a value for each of its places."""
    program = caddy.prepare(
        tmp_path,
        Port(8042),
        Upstreams((Port(1), Port(4)), (Port(2), Port(6)), (Port(3),), (Port(5),)),
        environment={},
    )
    assert program.environment["AXIAL_EDGE_ADDRESS"] == "http://:8042"
    assert program.environment["AXIAL_EDGE_BIND"] == "127.0.0.1"
    assert program.environment["AXIAL_INGEST_UPSTREAM"] == "127.0.0.1:1 127.0.0.1:4"
    assert program.environment["AXIAL_INDEX_UPSTREAM"] == "127.0.0.1:2 127.0.0.1:6"
    assert program.environment["AXIAL_CHANGEFEED_UPSTREAM"] == "127.0.0.1:3"


def test_the_caddyfile_is_where_the_environment_says(tmp_path: Path) -> None:
    """An installation without the repository names the file; a wrong name is told."""
    named = tmp_path / "Caddyfile"
    with pytest.raises(EngineMissing, match="AXIAL_CADDYFILE"):
        caddy.find_caddyfile({"AXIAL_CADDYFILE": str(named)})
    named.touch()
    assert caddy.find_caddyfile({"AXIAL_CADDYFILE": str(named)}) == named


def test_a_service_is_this_python_with_absolute_paths() -> None:
    """A service runs in the same environment, and finds its configuration from any folder."""
    program = service("index", Port(8001), {"AXIAL_SPOOL_DIR": "/x"}, config=Path("orthanc.json"))
    assert program.command == (sys.executable, "-m", "axial.index")
    assert program.environment["AXIAL_LISTEN_PORT"] == "8001"
    assert program.environment["AXIAL_SPOOL_DIR"] == "/x"
    assert Path(program.environment["AXIAL_CONFIG_FILE"]).is_absolute()
