"""The trial chart, run: what Kubernetes would do with its pods is done with processes."""

import json
import os
import subprocess
import sys

import pytest
from support.chart import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.long]

_NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_EVERYBODY = ("changefeed", "dicom-gateway", "edge", "index", "ingest", "router")


def test_the_trial_runs_as_it_is_rendered() -> None:
    """With the chart's variables and volumes, and nowhere else to write, all pods come up, are tested, used, and stop.

    Services wait for the jobs that migrate their schemas; `helm test` passes; an upload through a proxy is answered,
    read back, and known by its client's address; each process ends by itself within its grace.
    """
    if os.geteuid() != 0:
        pytest.skip("namespaces and mounts are root's")
    done = subprocess.run(
        (*_NAMESPACES, sys.executable, "-m", "support.chart_pods"),
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    for waiting in ("changefeed", "index", "router"):
        assert seen["before"][waiting] != 200
    assert seen["jobs"] == [0, 0, 0]
    assert seen["ready"] == dict.fromkeys(_EVERYBODY, 200)
    assert list(seen["checks"].values()) == [0, 0]
    assert (seen["upload"], seen["same"], seen["client"]) == (200, True, "198.51.100.7")
    assert seen["stopped"] == dict.fromkeys(_EVERYBODY, 0)
