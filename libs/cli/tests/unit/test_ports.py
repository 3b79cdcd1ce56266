"""Choosing loopback ports."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from axial.cli.ports import LOOPBACK, Port, free_ports, is_free, remembered_ports

pytestmark = pytest.mark.unit

NAMES = ("postgres", "nats", "index")


def test_free_ports_are_different_from_one_another() -> None:
    """Many ports asked for at once are all different, and all free."""
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(is_free(port) for port in ports)


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is kept elsewhere")
def test_what_another_process_has_chosen_is_not_free(tmp_path: Path) -> None:
    """Neither when ports are chosen, nor when they are remembered: its server may not listen yet."""
    file = tmp_path / "ports.json"
    before = remembered_ports(file, NAMES)
    program = "import sys; from axial.cli.ports import remembered_ports; from pathlib import Path; "
    again = subprocess.run(
        (sys.executable, "-c", f"{program}print(remembered_ports(Path({str(file)!r}), {NAMES!r}))"),
        check=True,
        capture_output=True,
        text=True,
    )
    after = ast.literal_eval(again.stdout)
    assert set(after) == set(NAMES)
    assert not set(after.values()) & set(before.values())


def test_a_port_with_a_listener_is_not_free() -> None:
    """A port that somebody listens on is seen to be taken."""
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not is_free(Port(server.getsockname()[1]))


def test_the_next_start_gets_the_same_ports(tmp_path: Path) -> None:
    """Ports are remembered from one start to the next."""
    file = tmp_path / "ports.json"
    assert remembered_ports(file, NAMES) == remembered_ports(file, NAMES)


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    """Only the port that somebody else took changes."""
    file = tmp_path / "ports.json"
    before = remembered_ports(file, NAMES)
    with socket.create_server((LOOPBACK, before["nats"])):
        after = remembered_ports(file, NAMES)
    assert after["nats"] != before["nats"]
    assert {**after, "nats": before["nats"]} == before


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"nats": "x"}', '{"nats": 99999999}'])
def test_a_broken_memory_is_forgotten(tmp_path: Path, content: str) -> None:
    """A file that a crash or a person spoiled does not keep the system from starting."""
    file = tmp_path / "ports.json"
    file.write_text(content)
    assert set(remembered_ports(file, NAMES)) == set(NAMES)
