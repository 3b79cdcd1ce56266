"""What the command line and the services are made of when they start."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from axial.cli.__main__ import build

pytestmark = pytest.mark.unit

_COMMANDS = ["up", "import", "replay", "backup", "restore", "verify"]
_SERVICES = ["ingest", "index", "changefeed", "dicom_gateway", "router"]
# For pixels, for tracebacks in colours, and for calls of S3 that are rare.
_FOR_OTHERS = {"PIL", "boto3", "gdcm", "numpy", "requests", "rich"}


def test_all_commands_are_there() -> None:
    """The help tells all of them, and each tells of itself although it alone is imported."""
    told = CliRunner().invoke(build(["--help"]), ["--help"]).output
    for name in _COMMANDS:
        assert f" {name} " in told
        alone = CliRunner().invoke(build([name]), [name, "--help"], prog_name="axial")
        assert f"Usage: axial {name} [OPTIONS]" in alone.output


def test_what_a_start_does_without() -> None:
    """No service imports what only others need, though it is installed; and the collector runs again afterwards."""
    modules = ", ".join(f"axial.{name}.__main__" for name in _SERVICES)
    asked = f"import gc, sys, {modules}; print(gc.isenabled(), *sys.modules)"
    outcome = subprocess.run(
        (sys.executable, "-c", asked), capture_output=True, text=True, check=True
    )
    collects, *imported = outcome.stdout.split()
    assert collects == "True"
    assert not _FOR_OTHERS & set(imported)
