"""Measurements, side by side with Orthanc, on the machine they run on."""

import sys
from pathlib import Path

# The files to send and the system to send them to are those of the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
