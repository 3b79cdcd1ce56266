"""One pass over the top level of a data set, up to its pixel data."""

from itertools import repeat
from typing import NamedTuple, TypeAlias

from axial.common.attributes import PIXEL_DATA_VRS
from axial.common.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    UNDEFINED_LENGTH,
    Buffer,
    Layout,
    Overrun,
    unusual_head,
)
from axial.common.refusals import refusal
from axial.common.skipper import MAX_ELEMENTS, Skipper

# What precedes the pixel data is kept in the log. Longer elements are bulk data (waveforms, spectra,
# raw data) that no query asks for; they stay in the file alone.
MAX_KEPT_ELEMENT_BYTES = 16 * 1024 * 1024
# Four of those: the log's reader holds a header in memory, and decodes it.
MAX_KEPT_BYTES = 64 * 1024 * 1024

_PIXEL_DATA = frozenset(PIXEL_DATA_VRS)


class Wanted:
    """The attributes to look for, by the keys that either byte order shows."""

    def __init__(self, tags: frozenset[int]) -> None:
        tags |= _PIXEL_DATA
        self._tags = {
            layout.byte_order: {layout.key(tag): tag for tag in tags}
            for layout in (EXPLICIT_LITTLE, EXPLICIT_BIG)
        }

    def by_key(self, layout: Layout) -> dict[int, int]:
        """Key to tag, of the wanted attributes and of pixel data."""
        return self._tags[layout.byte_order]


Place: TypeAlias = tuple[str, int, int]
"""The VR that the file tells (empty in implicit VR), and where the value starts and stops."""


class Scan(NamedTuple):
    """What one pass has found."""

    #: By tag. Of an attribute that occurs twice the first occurrence, as DCMTK has it.
    places: dict[int, Place]
    #: Where to cut: at the pixel data, at the first element too long to keep, or at the end.
    kept_stop: int
    pixel_data_offset: int | None = None
    pixel_data_vr: str | None = None
    #: The last element, which is not pixel data, is cut short.
    overran: bool = False


def scan(  # noqa: C901, PLR0912 - the hot loop of ingest: a call per element would double its cost
    buffer: Buffer, start: int, layout: Layout, wanted: Wanted
) -> Scan:
    """Step over the elements from `start` on; NotDicom when they cannot be told apart."""
    places: dict[int, Place] = {}
    tags, head, short_vrs = wanted.by_key(layout), layout.head, layout.short_vrs
    explicit, little = layout.explicit, layout.byte_order == "little"
    end = len(buffer)
    skipper = Skipper(buffer)
    last = end - HEAD_BYTES
    position = start
    kept_stop: int | None = None
    limit = min(end, MAX_KEPT_BYTES)
    for _ in repeat(None, MAX_ELEMENTS):
        if position > last:
            overran = any(buffer[position:end])  # fewer than eight zeros are padding
            return Scan(places, end if kept_stop is None else kept_stop, overran=overran)
        key, first, length = head(buffer, position)
        tag = tags.get(key)
        if tag is not None and tag in _PIXEL_DATA:
            vr = layout.vr(first) or PIXEL_DATA_VRS[tag]
            return Scan(places, position if kept_stop is None else kept_stop, position, vr)
        if first in short_vrs:
            vr, value = "", position + HEAD_BYTES
        else:
            if explicit:
                try:
                    vr, value, length = unusual_head(buffer, position, first, length, layout)
                except Overrun:
                    break
            else:
                vr, value = "", position + HEAD_BYTES
                length = length << 16 | first if little else first << 16 | length
            if length == UNDEFINED_LENGTH:
                try:
                    length = skipper.past(value, vr, layout) - value
                except Overrun:
                    break
            if length > MAX_KEPT_ELEMENT_BYTES and kept_stop is None:
                kept_stop = position
        following = value + length
        if following > limit:
            if following > end:
                break
            limit = end
            if kept_stop is None:
                kept_stop = position
        if tag is not None and tag not in places:
            places[tag] = (short_vrs.get(first) or vr, value, following)
        position = following
    else:
        raise refusal("too_many_elements")
    return Scan(places, position if kept_stop is None else kept_stop, overran=True)
