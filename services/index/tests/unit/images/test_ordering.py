"""The order of slices."""

import pytest

from axial.common.identifiers import ResourceId
from axial.index.images.ordering import Slice, stack

pytestmark = pytest.mark.unit

AXIAL = r"1\0\0\0\1\0"
CORONAL = r"1\0\0\0\0\-1"


def slice_at(name: str, position: str, axes: str = AXIAL, index: int | None = None) -> Slice:
    """Make a slice."""
    tags = {"ImagePositionPatient": position, "ImageOrientationPatient": axes}
    return Slice(ResourceId(name), index, {tag: text for tag, text in tags.items() if text})


def ordered(slices: list[Slice]) -> list[str]:
    """Name the slices in their order."""
    return [item.id for item in stack(slices).slices]


def test_along_the_normal() -> None:
    """Slices are sorted along their normal, against their indexes."""
    axial = [slice_at("a", r"0\0\10", index=1), slice_at("b", r"5\5\-2.5", index=2)]
    coronal = [slice_at("a", r"0\10\0", CORONAL), slice_at("b", r"0\-3\9", CORONAL)]
    assert ordered(axial) == ["b", "a"]
    assert ordered(coronal) == ["b", "a"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((r"0\0\1", AXIAL), (r"9\9\1", AXIAL)),
        ((r"0\0\2", AXIAL), (r"0\0\1", CORONAL)),
        (("", ""), (r"0\0\1", AXIAL)),
        ((r"0\0\x", AXIAL), (r"0\0\1", AXIAL)),
        ((r"0\0", AXIAL), (r"0\0\1", AXIAL)),
    ],
)
def test_by_index(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Slices in one place, not parallel or without a place are sorted by index, or stay as they came."""
    assert ordered([slice_at("a", *first, 2), slice_at("b", *second, 1)]) == ["b", "a"]
    assert ordered([slice_at("a", *first, 1), slice_at("b", *second, 1)]) == ["a", "b"]
    assert ordered([slice_at("a", *first), slice_at("b", *second, 1)]) == ["a", "b"]


def test_a_volume_is_told() -> None:
    """Slices that lie apart are a volume; those in one place, and a single one, are not."""
    apart = [slice_at("a", r"0\0\1"), slice_at("b", r"0\0\2")]
    assert stack(apart).is_volume
    assert not stack([slice_at("a", r"0\0\1", index=1), slice_at("b", r"9\9\1", index=2)]).is_volume
    assert not stack(apart[:1]).is_volume


def test_nearly_parallel() -> None:
    """Directions that differ by rounding, or are opposite, are the same; who tells none has that of the others."""
    rounded = r"1\0.0000001\0\0\1\0"
    opposite = r"-1\0\0\0\1\0"
    slices = [
        slice_at("a", r"0\0\4"),
        slice_at("b", r"0\0\3", rounded),
        slice_at("c", r"0\0\2", opposite),
        slice_at("d", r"0\0\1", ""),
    ]
    assert stack(slices).is_volume
    assert ordered(slices) == ["d", "c", "b", "a"]


def test_what_is_no_number() -> None:
    """A place that cannot be computed with does not order anything."""
    slices = [slice_at("a", r"0\0\nan", index=2), slice_at("b", r"0\0\1", index=1)]
    assert ordered(slices) == ["b", "a"]


def test_one_slice() -> None:
    """One slice is in order."""
    assert ordered([slice_at("a", "")]) == ["a"]
    assert ordered([]) == []
