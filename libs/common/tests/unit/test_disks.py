"""What is told of disks."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from axial.common.disks import DiskFigures, blob_folder

pytestmark = pytest.mark.unit


def test_each_folder_is_told_of(tmp_path: Path) -> None:
    """Room and size are the file system's; a folder that has gone tells nothing, and spoils nothing."""
    registry = CollectorRegistry()
    DiskFigures(registry, "test", {"spool": tmp_path, "blobs": tmp_path / "gone"})
    told = {
        (sample.name, sample.labels["disk"]): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    assert set(told) == {
        ("axial_test_disk_free_bytes", "spool"),
        ("axial_test_disk_size_bytes", "spool"),
    }
    free, size = told.values()
    assert 0 < free <= size


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:///var/lib/axial%20x", {"blobs": Path("/var/lib/axial x")}),
        ("s3://axial?endpoint=http://127.0.0.1:1&region=x", {}),
    ],
)
def test_only_folders_have_a_disk_of_ours(url: str, expected: dict[str, Path]) -> None:
    """Blobs in S3 take no room here."""
    assert blob_folder(url) == expected
