"""The order of a series' slices."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from axial.common.identifiers import ResourceId
from axial.index.resources import Tags

Numbers: TypeAlias = tuple[float, ...]

_POSITION, _ORIENTATION = 3, 6
# Orthanc's: ten times the precision of its numbers. In millimetres for places, and of a cosine for directions.
_TOLERANCE = 1.2e-6


@dataclass(frozen=True, slots=True)
class Slice:
    """One instance of a series, with what may tell its place."""

    id: ResourceId
    index_in_series: int | None
    tags: Tags


@dataclass(frozen=True, slots=True)
class Stack:
    """The slices of a series, in their order."""

    slices: tuple[Slice, ...]
    #: Whether they lie apart along one direction.
    is_volume: bool


def stack(slices: Sequence[Slice]) -> Stack:
    """Sort along the normal of the slices, if they are parallel and apart; else by their index; else as given."""
    distances = _distances(slices)
    if len(slices) > 1 and distances is not None:
        paired = sorted(zip(distances, slices, strict=True), key=lambda pair: pair[0])
        if all(after - before > _TOLERANCE for (before, _), (after, _) in pairwise(paired)):
            return Stack(tuple(item for _, item in paired), is_volume=True)
    if any(item.index_in_series is None for item in slices):
        return Stack(tuple(slices), is_volume=False)
    by_index = sorted(slices, key=lambda item: item.index_in_series or 0)
    return Stack(tuple(by_index), is_volume=False)


def _distances(slices: Sequence[Slice]) -> list[float] | None:
    """The places of slices along their normal, in millimetres; None when they have no normal in common."""
    normals = [normal for item in slices if (normal := _normal(item.tags))]
    places = [_numbers(item.tags.get("ImagePositionPatient", "")) for item in slices]
    if not normals or any(len(place) != _POSITION for place in places):
        return None
    first = normals[0]
    if not all(_are_parallel(first, normal) for normal in normals):
        return None
    return [_product(place, first) for place in places]


def _normal(tags: Tags) -> Numbers | None:
    """The direction in which slices lie upon each other (PS3.3 section C.7.6.2.1.1)."""
    axes = _numbers(tags.get("ImageOrientationPatient", ""))
    if len(axes) != _ORIENTATION:
        return None
    across, down = axes[:3], axes[3:]
    return (
        across[1] * down[2] - across[2] * down[1],
        across[2] * down[0] - across[0] * down[2],
        across[0] * down[1] - across[1] * down[0],
    )


def _are_parallel(one: Numbers, other: Numbers) -> bool:
    """Whether two directions are the same, or opposite."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return lengths > _TOLERANCE and abs(abs(_product(one, other) / lengths) - 1) < _TOLERANCE


def _product(one: Numbers, other: Numbers) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))


def _numbers(text: str) -> Numbers:
    try:
        found = tuple(float(part) for part in text.split("\\"))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()
