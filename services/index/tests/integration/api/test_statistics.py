"""How much there is."""

import pytest
from support.archive import Archive

from axial.common.identifiers import resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
SIZES = {"1.1.1": 5 * MIB - 1, "1.1.2": 1, "1.2.1": 2**40}


def sizes(prefix: str, size_bytes: int) -> dict[str, object]:
    """Write sizes as they are expected."""
    return {
        f"{prefix}{name}{unit}": value
        for name in ("DiskSize", "UncompressedSize")
        for unit, value in (("", str(size_bytes)), ("MB", size_bytes // MIB))
    }


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store a study of two series, and another patient."""
    for instance, size_bytes in SIZES.items():
        event = instance_received("A", "1", instance[:3], instance, content=instance)
        await archive.project(event.model_copy(update={"size_bytes": size_bytes}))
    await archive.project(instance_received("B", "2", "2.1", "2.1.1", content="12345"))
    return archive


async def test_totals(filled: Archive) -> None:
    """The archive tells its sums, sizes as text because they may not fit a number."""
    assert await filled.json("/statistics") == {
        "CountInstances": 4,
        "CountPatients": 2,
        "CountSeries": 3,
        "CountStudies": 2,
        **sizes("Total", 5 * MIB + 2**40 + 5),
    }


async def test_each_resource(filled: Archive) -> None:
    """A resource tells the counts of the levels below it, and their sizes."""
    ids = resource_ids("A", "1", "1.1", "1.1.1")
    whole, part, one = 5 * MIB + 2**40, 5 * MIB, 5 * MIB - 1
    counts = {"CountInstances": 3, "CountSeries": 2, "CountStudies": 1}
    for path, size_bytes, count in (
        (f"/patients/{ids.patient}", whole, counts),
        (f"/studies/{ids.study}", whole, {"CountInstances": 3, "CountSeries": 2}),
        (f"/series/{ids.series}", part, {"CountInstances": 2}),
        (f"/instances/{ids.instance}", one, {}),
    ):
        expected = {**count, **sizes("", size_bytes), **sizes("Dicom", size_bytes)}
        assert await filled.json(f"{path}/statistics") == expected


async def test_an_empty_archive(archive: Archive) -> None:
    """Nothing is counted as nothing."""
    assert (await archive.json("/statistics"))["TotalDiskSize"] == "0"
    assert await archive.json("/patients?expand") == []
