"""What is shown when everything is ready."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from axial.cli.table import Row, show

pytestmark = pytest.mark.unit

ROWS = [
    Row("edge", "http://localhost:8042", 11),
    Row("seaweedfs", "http://127.0.0.1:" + "9" * 80, 12),
]


def _shown(console: Console, out: io.StringIO) -> str:
    show(ROWS, data=Path("/data"), took_seconds=3.21, console=console)
    return out.getvalue()


def test_without_a_terminal_each_process_has_one_plain_line() -> None:
    """However long an address is, a line is not wrapped, and holds name, address and process."""
    out = io.StringIO()
    lines = _shown(Console(file=out), out).splitlines()
    assert lines[0].split() == ["edge", "http://localhost:8042", "11"]
    assert lines[1].split() == ["seaweedfs", "http://127.0.0.1:" + "9" * 80, "12"]
    assert "Ready in 3.2 s." in lines
    assert any(line.startswith("Stop: Ctrl-C") for line in lines)


def test_on_a_terminal_it_is_a_table_with_the_same_facts() -> None:
    """The table says what runs, where, and how to stop it."""
    out = io.StringIO()
    text = _shown(Console(file=out, force_terminal=True, width=140), out)
    assert "http://localhost:8042" in text
    assert "Ctrl-C" in text
    assert "/data" in text
