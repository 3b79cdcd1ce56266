"""The benchmark still measures: a figure nobody can repeat is none."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "systems",
    [
        pytest.param(("axial-directory", "axial-s3"), marks=pytest.mark.long),
        pytest.param(
            ("orthanc-sqlite", "orthanc-postgresql"), marks=[pytest.mark.tools, pytest.mark.long]
        ),
    ],
    ids=" ".join,
)
def test_every_system_is_measured(own_data: Path, systems: tuple[str, ...]) -> None:
    """Each system gets its line of figures, its durability, and leaves nothing behind."""
    options = ("--seconds", "0.5", "--sizes", "20", "--clients", "2")
    told = measure(own_data, "ingest", "--systems", ",".join(systems), *options)
    for system in systems:
        (row,) = (line for line in told.splitlines() if line.startswith(f"| {system} "))
        _, _, size, clients, per_second, p50, p99, _, _ = (cell.strip() for cell in row.split("|"))
        assert (size, clients) == ("20", "2")
        assert float(per_second) > 0
        assert 0 < float(p50) <= float(p99)
        assert f"- {system}: " in told


@pytest.mark.long
@pytest.mark.tools
def test_c_stores_are_measured(own_data: Path) -> None:
    """Each system, with storescu as it is shipped and without its delay; what was sent must be there."""
    systems = ("axial-directory", "orthanc-sqlite")
    options = ("--objects", "8", "--sizes", "20", "--associations", "2")
    told = measure(own_data, "dicom", "--systems", ",".join(systems), *options)
    for system in systems:
        rows = [line.split("|") for line in told.splitlines() if line.startswith(f"| {system} ")]
        assert [row[2].strip() for row in rows] == ["as shipped", "TCP_NODELAY=1"]
        assert all(float(row[5]) > 0 and float(row[6]) > 0 for row in rows)


@pytest.mark.parametrize(
    "system",
    [
        pytest.param("axial-2849", marks=pytest.mark.long),
        pytest.param("orthanc-sqlite", marks=[pytest.mark.tools, pytest.mark.long]),
    ],
)
def test_the_feeds_are_measured(own_data: Path, system: str) -> None:
    """Every kind of page is read warm, and cold where there are pages enough, by the system as it is run."""
    told = measure(own_data, "feeds", "--systems", system, "--clients", "2", "--seconds", "0.2")
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in told.splitlines()
        if line.startswith(f"| {system} ")
    ]
    kinds = {row[2] for row in rows}
    assert {"changes, beginning", "changes, anywhere", "changes, end"} <= kinds
    if system.startswith("axial"):
        assert {"v1", "v1, metadata", "v2, window, metadata", "latest"} <= kinds
    assert all(float(row[8]) > 0 and float(row[9]) <= float(row[10]) for row in rows)
    assert all(float(row[5]) > 0 for row in rows if row[2] == "changes, anywhere")


@pytest.mark.long
def test_downloads_are_measured(own_data: Path) -> None:
    """Files come whole and in ranges, each of its true size, through the edge and without it."""
    options = ("--sizes", "20,ranges", "--clients", "2", "--seconds", "0.2", "--direct")
    told = measure(own_data, "downloads", "--systems", "axial-directory", *options)
    lines = [line.split("|") for line in told.splitlines() if line.startswith("| axial-")]
    for system in ("axial-directory", "axial-directory (no edge)"):
        rows = [row for row in lines if row[1].strip() == system]
        assert [row[2].strip() for row in rows] == ["20 KB", "1 MiB"]
        assert all(float(row[4]) > 0 and float(row[6]) <= float(row[7]) for row in rows)


@pytest.mark.long
@pytest.mark.tools
def test_finds_are_measured(own_data: Path) -> None:
    """A large index is asked, and a small one beside Orthanc, which must find as many."""
    options = ("--studies", "20", "--rounds", "2", "--beside", "4", "--clients", "1")
    told = measure(
        own_data,
        "find",
        *options,
        "--seconds",
        "0.2",
        "--systems",
        "axial-directory,orthanc-sqlite",
    )
    rows = [line for line in told.splitlines() if line.startswith(("| axial-", "| orthanc-"))]
    assert len(rows) == 2 * 7
    assert "| newest 100 studies | 20 |" in told


@pytest.mark.long
def test_a_replay_is_measured_and_identical(own_data: Path) -> None:
    """The rate of the projection and of the rebuild are told, and that no row differs."""
    told = measure(own_data, "replay", "--events", "1500")
    assert "| first projection | " in told
    assert "| changes | 1527 | 0 |" in told
    assert "the rebuilt rows are identical" in told


@pytest.mark.long
def test_capacity_is_measured(own_data: Path) -> None:
    """Each kind of work costs something where it is done, and what an archive needs follows."""
    told = measure(own_data, "capacity", "--operations", "20")
    heading, *rows = [line for line in told.splitlines() if line.startswith("| ")]
    names = [cell.strip() for cell in heading.strip("|").split("|")]
    costs: dict[str, list[str]] = {}
    for row in rows:
        work, *_ = cells = [cell.strip() for cell in row.strip("|").split("|")]
        # The tables behind the first one tell of the same work again.
        costs.setdefault(work, cells)
    for work, process in (("upload 20 KB", "ingest"), ("projection (replay)", "index")):
        assert float(costs[work][names.index(process)]) > 0
    assert "| hospital, 300,000 studies a year | 48 million |" in told


@pytest.mark.long
def test_recovery_is_measured(own_data: Path) -> None:
    """What is backed up is restored; each step has its line."""
    told = measure(own_data, "recovery", "--instances", "20", "--size", "20")
    for step in ("backup, the first", "restore, engines started and stopped", "verify"):
        assert f"| {step}" in told


@pytest.mark.long
def test_routing_is_measured(own_data: Path) -> None:
    """Alone, and beside a destination that takes nothing or says nothing: everything arrives, each once."""
    options = ("--objects", "8", "--sizes", "20", "--destinations", "peer")
    told = measure(own_data, "routing", "--systems", "axial-directory", *options)
    rows = [line.split("|") for line in told.splitlines() if line.startswith("| axial-directory ")]
    assert [row[3].strip() for row in rows] == ["", "refusing", "silent"]
    assert all(float(row[5]) > 0 and float(row[7]) > 0 for row in rows)


def measure(data: Path, *arguments: str) -> str:
    """Run a benchmark in a folder that it leaves empty; return what it told."""
    outcome = subprocess.run(
        (sys.executable, "-m", "benchmarks", *arguments, "--data", str(data)),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        timeout=600,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "Seen on:" in outcome.stdout
    assert not any(data.iterdir())
    return outcome.stdout
