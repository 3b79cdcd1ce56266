"""The arithmetic behind docs/capacity.md."""

import pytest
from benchmarks.sizing import ARCHIVES, Costs, cores, limits, lines

pytestmark = pytest.mark.unit

_COSTS = Costs(
    {
        "C-STORE 520 KB": {"index": 0.002, "changefeed": 0.001, "ingest": 0.004},
        "download 520 KB": {"index": 0.001, "changefeed": 0.0, "ingest": 0.0},
        "/changes, 100": {"index": 0.0, "changefeed": 0.01, "ingest": 0.0},
        "list of 25 studies": {"index": 0.008, "changefeed": 0.0, "ingest": 0.0},
        "find by PatientID": {"index": 0.016, "changefeed": 0.0, "ingest": 0.0},
        "upload 520 KB": {"index": 0.002, "changefeed": 0.001, "ingest": 0.004},
        "upload, send 520 KB by DICOM": {"index": 0.003, "changefeed": 0.001, "ingest": 0.004},
    },
    {"nats": 6000.0, "postgres": 5000.0, "seaweedfs": 530_000.0},
)


def test_cores_follow_from_costs() -> None:
    """A hospital's busiest hour: its rate, times what an instance costs in its time, twice."""
    hospital = ARCHIVES[0]
    assert hospital.peak == pytest.approx(2 * 300_000 * 160 * 0.9 / 2500 / 3600)
    needed = cores(_COSTS, hospital)
    # Arrives, is read twice, listed, found, sent on.
    index = 0.002 + 2 * 0.001 + 0.125 * 0.008 + 0.0625 * 0.016 + 0.001
    assert needed["index"] == pytest.approx(2 * hospital.peak * index)
    assert needed["ingest"] == pytest.approx(2 * hospital.peak * 0.004)
    assert needed["changefeed"] == pytest.approx(2 * hospital.peak * (0.001 + 0.03 * 0.01))


def test_the_first_bottleneck_comes_first() -> None:
    """A leader's thread is exhausted where its cost for an arrival fills a second; the dearer one is named first."""
    assert limits(_COSTS) == {"index": pytest.approx(500), "changefeed": pytest.approx(1000)}
    written = list(lines(_COSTS))
    assert written[-2].startswith("| index | 500 |")
    assert written[-1].startswith("| changefeed | 1000 |")
