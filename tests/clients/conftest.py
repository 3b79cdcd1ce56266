"""The shared system as it stands beside real Orthancs."""

import pytest
from support.near import Near
from support.system import Axial


@pytest.fixture
def near(axial: Axial) -> Near:
    """Give the shared system, which must be one of our own."""
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    return Near(axial.url, axial.dicom_port)
