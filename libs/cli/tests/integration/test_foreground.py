"""Engines that tests start in the foreground."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from axial.common.testing.eventually import eventually_sync

pytestmark = pytest.mark.integration

# A test run with one engine, which is killed in the middle.
RUN = """
import os, sys
from pathlib import Path
from axial.cli.engines import postgres
from axial.cli.foreground import running
from axial.cli.ports import free_ports

folder = Path(sys.argv[1])
(port,) = free_ports(1)
with running([postgres.prepare(folder / "postgres", port, durable=False)], folder):
    print((folder / "postgres" / "postmaster.pid").read_text().split()[0], flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("killed", [True, False])
def test_no_engine_outlives_its_test_run(tmp_path: Path, *, killed: bool) -> None:
    """Whether the run ends or is killed, its PostgreSQL goes with it."""
    with subprocess.Popen(
        (sys.executable, "-c", RUN, str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        engine = int(run.stdout.readline())
        if killed:
            run.kill()
        else:
            run.stdin.close()
        eventually_sync(lambda: _is_gone(engine))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
