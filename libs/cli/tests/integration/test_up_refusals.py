"""`axial up` when it cannot do what it was asked: one clear line, exit 1, nothing left running."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from axial.cli.folder import DataFolder
from axial.cli.lock import take
from axial.cli.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.integration


def _up(data: Path, *options: str, prefix: tuple[str, ...] = ()) -> str:
    """Run the command; return its only line, without the name in front."""
    command = (*prefix, sys.executable, "-m", "axial.cli", "up", "--data", str(data), *options)
    if "--port" not in options:
        command = (*command, "--port", str(free_ports(1)[0]))
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert not list(data.glob("run/*.pid")) if data.is_dir() else True
    return line.removeprefix("axial: ")


def test_a_busy_port(tmp_path: Path) -> None:
    """The line names the port, and the option to choose another."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        line = _up(tmp_path / "data", "--port", str(port))
    assert line == f"port {port} is in use: choose another with --port"


def test_a_busy_dicom_port(tmp_path: Path) -> None:
    """Two archives on one port would share the peers: the line names it, and the option to choose another."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        line = _up(tmp_path / "data", "--dicom-port", str(port))
    assert line == f"DICOM port {port} is in use: choose another with --dicom-port"


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    """The line names the folder, and the reason."""
    place = tmp_path / "data"
    place.touch()
    assert _up(place) == f"data folder {place}: File exists"


def test_a_read_only_data_folder(tmp_path: Path) -> None:
    """The line names the folder, and the reason."""
    place = tmp_path / "data"
    place.mkdir(mode=0o500)
    # Root may write anywhere; in a user namespace, as an ordinary user, it may not.
    prefix = ("unshare", "--user", "--map-user=1000") if os.geteuid() == 0 else ()
    assert _up(place, prefix=prefix) == f"data folder {place}: Permission denied"


def test_a_data_folder_that_is_in_use(tmp_path: Path) -> None:
    """A second `up` on the same data names the process that has it."""
    folder = DataFolder(tmp_path / "data")
    folder.make()
    lock = take(folder)
    try:
        line = _up(folder.root)
    finally:
        os.close(lock)
    assert (
        line == f"data folder {folder.root}: in use by another `axial up` (process {os.getpid()})"
    )


@pytest.mark.parametrize(
    ("content", "culprit"),
    [
        ('{ "HttpPort": ', "orthanc.json"),
        ("[1, 2]", "must be a JSON object"),
        ('{ "HttpPort": "eight" }', "HttpPort"),
        ('{ "StableAge": -3 }', "StableAge"),
        ('{ "DicomModalities": { "ct": ["CT", "ct", 104, "Nobody"] } }', "DicomModalities"),
        ('{ "RemoteAccessAllowed": true }', "RegisteredUsers"),
        ('{ "SslEnabled": true, "SslCertificate": "gone.pem" }', "gone.pem: No such file"),
    ],
)
def test_a_configuration_that_cannot_be_used(tmp_path: Path, content: str, culprit: str) -> None:
    """The line names what is wrong, and no data folder has been made."""
    file = tmp_path / "orthanc.json"
    file.write_text(content)
    assert culprit in _up(tmp_path / "data", "--config", str(file))
    assert not (tmp_path / "data").exists()


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    """The line names the file."""
    missing = tmp_path / "orthanc.json"
    assert _up(tmp_path / "data", "--config", str(missing)).startswith(f"{missing}: No such file")


def test_a_database_of_another_version(tmp_path: Path) -> None:
    """An engine that refuses its data stops everything, and its last lines say why."""
    data = tmp_path / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("9\n")
    config = tmp_path / "orthanc.json"
    http_port, dicom_port = free_ports(2)
    config.write_text(json.dumps({"HttpPort": http_port, "DicomPort": dicom_port}))
    command = (sys.executable, "-m", "axial.cli", "up", "--data", str(data))
    outcome = subprocess.run(
        (*command, "--config", str(config), "--blobs", "directory"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("axial: postgres ended with code")
    assert "postgres" in outcome.stderr.splitlines()[-1]
    assert not list((data / "run").glob("*.pid"))
