"""The benchmark still measures: a figure nobody can repeat is none."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "systems",
    [
        ("axial-directory", "axial-s3"),
        pytest.param(("orthanc-sqlite", "orthanc-postgresql"), marks=pytest.mark.tools),
    ],
    ids=" ".join,
)
def test_every_system_is_measured(own_data: Path, systems: tuple[str, ...]) -> None:
    """Each system gets its line of figures, its durability, and leaves nothing behind."""
    options = ("--seconds", "0.5", "--sizes", "20", "--clients", "2", "--data", str(own_data))
    outcome = subprocess.run(
        (sys.executable, "-m", "benchmarks.ingest", "--systems", ",".join(systems), *options),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        timeout=240,
    )
    assert outcome.returncode == 0, outcome.stderr
    for system in systems:
        (row,) = (line for line in outcome.stdout.splitlines() if line.startswith(f"| {system} "))
        _, _, size, clients, per_second, p50, p99, _, _ = (cell.strip() for cell in row.split("|"))
        assert (size, clients) == ("20", "2")
        assert float(per_second) > 0
        assert 0 < float(p50) <= float(p99)
        assert f"- {system}: " in outcome.stdout
    assert not any(own_data.iterdir())
