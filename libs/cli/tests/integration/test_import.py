"""`axial import` as a command, against an HTTP server."""

import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from axial.cli.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.integration

DICOM = bytes(128) + b"DICM"


class _Archive(ThreadingHTTPServer):
    """Takes what begins like DICOM, once; holds uploads back while `gate` is closed."""

    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        super().__init__((LOOPBACK, 0), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Archive

    def do_GET(self) -> None:
        """Answer the greeting."""
        self._answer(200, {})

    def do_POST(self) -> None:
        """Take a file, or say why not."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.release()
        self.server.gate.wait(30)
        if body[128:132] != b"DICM":
            self._answer(400, {"Message": "Bad file format"})
            return
        seen = body in self.server.bodies
        self.server.bodies.append(body)
        self._answer(200, {"Status": "AlreadyStored" if seen else "Success"})

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def archive() -> Iterator[_Archive]:
    """Run the server for a test."""
    server = _Archive()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()


@contextmanager
def _importing(*arguments: str | Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        (sys.executable, "-m", "axial.cli", "import", *map(str, arguments)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    ) as process:
        yield process


def _import(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    with _importing(*arguments, cwd=cwd) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Make a folder with six DICOM files, two of them in an archive, a copy, and a text file."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.dcm").write_bytes(DICOM + bytes([number]) * 3_000_000)
    with zipfile.ZipFile(folder / "more.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", DICOM + b"a" * 3_000_000)
        file.writestr("b", DICOM + b"b" * 10)
    (folder / "read me.txt").write_text("hello")
    return folder


def test_everything_is_sent_and_told(archive: _Archive, files: Path, tmp_path: Path) -> None:
    """Files and members arrive byte for byte; what was refused is told by reason and name."""
    code, out, err = _import("--url", archive.url, files, cwd=tmp_path)
    assert (code, err) == (0, "")
    expected = [DICOM + bytes([number]) * 3_000_000 for number in range(4)]
    expected += [DICOM + b"a" * 3_000_000, DICOM + b"b" * 10]
    assert sorted(archive.bodies) == sorted(expected)
    lines = out.splitlines()
    assert lines[:2] == ["6  stored", "1  refused"]
    assert "refused, 1: Bad file format" in lines
    assert f"  {files / 'read me.txt'}" in lines
    assert "read me.txt" in (tmp_path / ".axial-import" / "not-taken.txt").read_text()


def test_the_second_run_sends_only_what_is_new(
    archive: _Archive, files: Path, tmp_path: Path
) -> None:
    """What was acknowledged is not sent again; a changed file is, and a refused one too."""
    _import("--url", archive.url, files, cwd=tmp_path)
    archive.bodies.clear()
    (files / "0.dcm").write_bytes(DICOM + b"changed")
    code, out, _ = _import("--url", archive.url, files, cwd=tmp_path)
    assert code == 0
    assert archive.bodies == [DICOM + b"changed"]
    assert out.splitlines()[:3] == ["1  stored", "1  refused", "5  finished by an earlier run"]


def test_strict_makes_a_refusal_a_failure(archive: _Archive, files: Path, tmp_path: Path) -> None:
    """Who wants everything stored, or to know, exits with 1."""
    code, *_ = _import("--strict", "--url", archive.url, files, cwd=tmp_path)
    assert code == 1


def test_a_server_that_is_not_there_is_one_line(files: Path, tmp_path: Path) -> None:
    """Nothing is tried file by file."""
    url = f"http://{LOOPBACK}:{free_ports(1)[0]}"
    code, out, err = _import("--url", url, files, cwd=tmp_path)
    assert (code, out) == (1, "")
    assert err == f"axial: {url}: no connection (ConnectError)\n"


def test_ctrl_c_finishes_what_is_under_way_and_the_next_run_continues(
    archive: _Archive, tmp_path: Path
) -> None:
    """Interrupted in the middle, the two runs together send each file once."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}.dcm").write_bytes(DICOM + bytes([number]))
    archive.gate.clear()
    with _importing("--concurrency", "2", "--url", archive.url, folder, cwd=tmp_path) as process:
        for _ in range(2):
            assert archive.arrived.acquire(timeout=30)
        os.kill(process.pid, signal.SIGINT)
        archive.gate.set()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again to continue" in err
    first = len(archive.bodies)
    assert 2 <= first < 60
    assert out.splitlines()[0].split() == [str(first), "stored"]
    code, *_ = _import("--url", archive.url, folder, cwd=tmp_path)
    assert code == 0
    assert sorted(archive.bodies) == [DICOM + bytes([number]) for number in range(60)]
