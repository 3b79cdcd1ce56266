"""The tools that only tell: which there are, figures, conformance, and what is not offered."""

import asyncio
import shutil
import subprocess
from dataclasses import replace

import httpx2
import pytest
from pydantic import SecretStr
from support.archive import Archive, StandingRuntime

from axial.common.testing.facts import instance_received
from axial.index.router_client import RouterClient

pytestmark = pytest.mark.integration


def figures(text: str) -> dict[str, float]:
    """Read what Prometheus would."""
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert {len(line) for line in lines} == {3}, "a name, a value and a time each"
    return {name: float(value) for name, value, _ in lines}


async def test_figures_are_those_of_the_archive(archive: Archive) -> None:
    """Under Orthanc's names; nothing while metrics are off, as in Orthanc."""
    await archive.project(*(instance_received(instance=f"1.1.{n}") for n in range(3)))
    answer = await archive.get("/tools/metrics-prometheus")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"
    told = figures(answer.text)
    statistics = await archive.json("/statistics")
    assert told["orthanc_count_instances"] == statistics["CountInstances"] == 3
    assert told["orthanc_count_series"] == told["orthanc_count_patients"] == 1
    assert told["orthanc_count_studies"] == 1
    size = int(statistics["TotalDiskSize"]) / 1024**2
    assert told["orthanc_disk_size_mb"] == pytest.approx(size)
    # Three instances, a series, a study, a patient.
    assert told["orthanc_last_change"] == 6
    assert told["orthanc_up_time_s"] >= 0
    assert not [name for name in told if "jobs" in name], "the router is away"
    counts = {"pending": 4, "running": 3, "success": 2, "failed": 1}
    archive.app.state.router_client = RouterClient(
        httpx2.AsyncClient(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=counts))
        ),
        "http://router",
        SecretStr(""),
    )
    of_jobs = figures((await archive.get("/tools/metrics-prometheus")).text)
    assert of_jobs["orthanc_jobs_pending"] == 4
    assert of_jobs["orthanc_jobs_running"] == 3
    assert of_jobs["orthanc_jobs_completed"] == 3
    assert (of_jobs["orthanc_jobs_success"], of_jobs["orthanc_jobs_failed"]) == (2, 1)
    runtime: StandingRuntime = archive.app.state.runtime
    runtime.settings = replace(runtime.settings, metrics_enabled=False)
    off = await archive.get("/tools/metrics-prometheus")
    assert (off.status_code, off.content) == (200, b"")


@pytest.mark.tools
async def test_promtool_reads_the_figures(archive: Archive) -> None:
    """It has nothing to say but that Orthanc's units have short names."""
    program = shutil.which("promtool")
    assert program is not None, "these tests need Debian's package prometheus"
    text = (await archive.get("/tools/metrics-prometheus")).content
    checked = await asyncio.to_thread(
        subprocess.run, (program, "check", "metrics"), input=text, capture_output=True, check=False
    )
    complaints = checked.stderr.decode().splitlines()
    assert complaints
    abbreviated = "metric names should not contain abbreviated units"
    assert [line for line in complaints if not line.endswith(abbreviated)] == []


async def test_the_list_of_tools_is_of_those_there_are(archive: Archive) -> None:
    """What is not offered is not listed."""
    tools = await archive.json("/tools")
    assert {"find", "lookup", "log-level-sqlite", "metrics-prometheus", "now"} <= set(tools)
    assert not {"execute-script", "reset", "shutdown", "create-dicom"} & set(tools)
    for name in ("metrics", "now", "dicom-conformance", "default-encoding"):
        assert (await archive.get(f"/tools/{name}")).status_code == 200, name


async def test_there_are_no_plugins_but_orthancs_script(archive: Archive) -> None:
    """As an Orthanc without plugins answers."""
    assert await archive.json("/plugins") == ["explorer.js"]
    script = await archive.get("/plugins/explorer.js")
    assert script.headers["content-type"] == "application/javascript"
    assert script.text == "// Extensions to Orthanc Explorer by the registered plugins\n\n"
    unknown = await archive.get("/plugins/dicom-web")
    assert unknown.status_code == 404
    assert unknown.json()["Details"] == "Plugins are not offered by Axial"


async def test_invalidating_tags_has_nothing_to_do(archive: Archive) -> None:
    """Nothing is kept that could be out of date; the answer is Orthanc's."""
    answer = await archive.client.post("/tools/invalidate-tags", content=b"")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/plain"


async def test_conformance_is_told_as_text(archive: Archive) -> None:
    """Of this server, by its AE title."""
    answer = await archive.get("/tools/dicom-conformance")
    assert answer.headers["content-type"] == "text/plain"
    assert "AE title: AXIAL" in answer.text
