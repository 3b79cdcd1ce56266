"""Run `make e2e-compose`: build, start, upload through restarts and kills, run tests of tests/e2e by URL, remove."""

import asyncio
import os
import subprocess
import sys
import time

from compose.rolling import survives
from compose.stack import ROOT, Stack, running

# Of tests/e2e, what needs neither peers on this machine's loopback, to which a container cannot connect, nor an archive
# that nobody has stored anything in.
_BY_URL = ("annotations", "compression", "delete", "dicom_find", "feeds", "jobs", "upload_forms")
# Writes its request byte by byte, as nobody in particular.
_WITHOUT_CREDENTIALS = "tests/e2e/test_upload_forms.py::test_declared_too_large"


def main() -> int:
    """Return the exit code of the tests; what goes wrong before them is raised."""
    began = time.monotonic()

    def told(what: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {what}", flush=True)

    with running() as stack:
        told("it runs; every container is restarted and killed during an upload")
        # Two of what shares its work; the others as they are.
        stack.compose("up", "-d", AXIAL_REPLICAS="2")
        stack.until_healthy(stack.containers())
        asyncio.run(survives(stack))
        told("the parts are held against one another")
        stack.compose("run", "--rm", "tools", "verify")
        told("tests of tests/e2e, by URL")
        code = _tests(stack)
    told("removed")
    return code


def _tests(stack: Stack) -> int:
    told = {"AXIAL_E2E_URL": stack.url, "AXIAL_E2E_DICOM_PORT": str(stack.dicom_port)}
    files = [f"tests/e2e/test_{name}.py" for name in _BY_URL]
    options = ("-q", "-m", "not long", f"--deselect={_WITHOUT_CREDENTIALS}", *sys.argv[1:])
    return subprocess.run(
        (sys.executable, "-m", "pytest", *files, *options),
        cwd=ROOT,
        env={**os.environ, **told},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
