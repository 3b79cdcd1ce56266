"""The order of a series' slices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from axial.common.identifiers import ResourceId
from axial.index.resources import Tags

Numbers: TypeAlias = tuple[float, ...]

_POSITION, _ORIENTATION = 3, 6


@dataclass(frozen=True, slots=True)
class Slice:
    """One instance of a series, with what may tell its place."""

    id: ResourceId
    index_in_series: int | None
    tags: Tags


def ordered(slices: Sequence[Slice]) -> list[ResourceId]:
    """Sort along the normal of the slices, if they are parallel and apart; else by their index; else as given."""
    distances = [_distance(item.tags) for item in slices]
    told = [distance for distance in distances if distance is not None]
    if len(slices) > 1 and len(set(told)) == len(slices) and _are_parallel(slices):
        return [
            item.id for _, item in sorted(zip(told, slices, strict=True), key=lambda pair: pair[0])
        ]
    indexes = [item.index_in_series for item in slices]
    if None in indexes or len(set(indexes)) < len(slices):
        return [item.id for item in slices]
    return [item.id for item in sorted(slices, key=lambda item: item.index_in_series or 0)]


def _are_parallel(slices: Sequence[Slice]) -> bool:
    return len({item.tags.get("ImageOrientationPatient") for item in slices}) == 1


def _distance(tags: Tags) -> float | None:
    """The place of a slice along its normal (PS3.3 section C.7.6.2.1.1), in millimetres."""
    position = _numbers(tags.get("ImagePositionPatient", ""))
    axes = _numbers(tags.get("ImageOrientationPatient", ""))
    if len(position) != _POSITION or len(axes) != _ORIENTATION:
        return None
    across, down = axes[:3], axes[3:]
    normal = (
        across[1] * down[2] - across[2] * down[1],
        across[2] * down[0] - across[0] * down[2],
        across[0] * down[1] - across[1] * down[0],
    )
    return sum(place * part for place, part in zip(position, normal, strict=True))


def _numbers(text: str) -> Numbers:
    try:
        return tuple(float(part) for part in text.split("\\"))
    except ValueError:
        return ()
