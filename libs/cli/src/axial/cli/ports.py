"""Loopback ports for the processes of one machine."""

import json
import os
import secrets
import socket
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import NewType

Port = NewType("Port", int)

LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65535
# Below those that Linux gives to outgoing connections (32768 to 60999): none of them can take a port between its choice
# and the start of its server.
_CHOICE = range(10_000, 32_768)
# What this process has chosen, oldest first. Those of long ago are listened on by now, or wanted no more.
_claims: OrderedDict[Port, int | None] = OrderedDict()
_MOST_CLAIMS = 256


def is_free(port: Port, *, host: str = LOOPBACK) -> bool:
    """Tell whether a listener could be opened on `host:port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As every server here does: connections in TIME_WAIT do not make a port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[Port]:
    """Return `count` different loopback ports that were free a moment ago."""
    ports: set[Port] = set()
    while len(ports) < count:
        port = Port(secrets.choice(_CHOICE))
        if port not in _claims and is_free(port) and _claim(port):
            ports.add(port)
    return list(ports)


def remembered_ports(file: Path, names: Sequence[str]) -> dict[str, Port]:
    """Return a free loopback port for each name: the same as last time, when it still is free."""
    chosen = {
        name: port
        for name, port in _read(file).items()
        if name in names and is_free(port) and _claim(port)
    }
    missing = [name for name in names if name not in chosen]
    chosen |= dict(zip(missing, free_ports(len(missing)), strict=True))
    file.write_text(json.dumps(chosen, indent=2))
    return chosen


def _claim(port: Port) -> bool:
    """Keep a port for this process until its server listens; tell whether no other process has done so.

    Between the choice and the start another system on this machine could choose the same, and each would be asked what
    the other knows. A name among Linux's abstract sockets leaves nothing behind when its owner dies; elsewhere there is
    no such name, and nothing is kept.
    """
    if port in _claims:
        return True
    descriptor = None
    if sys.platform == "linux":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as claim:
            try:
                claim.bind(f"\0axial-port-{port}")
            except OSError:
                return False
            # Kept to the end of the process, without a word about it then.
            descriptor = claim.detach()
    _claims[port] = descriptor
    if len(_claims) > _MOST_CLAIMS:
        _, oldest = _claims.popitem(last=False)
        if oldest is not None:
            os.close(oldest)
    return True


def _read(file: Path) -> dict[str, Port]:
    """Read what was remembered; what cannot be a port was not."""
    try:
        remembered = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(remembered, dict):
        return {}
    return {
        name: Port(number)
        for name, number in remembered.items()
        if isinstance(number, int) and 0 < number <= _HIGHEST_PORT
    }
