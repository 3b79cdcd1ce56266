"""Stepping over values of undefined length (PS3.5 section 7.5)."""

from axial.common.elements import (
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    MAX_DEPTH,
    UNDEFINED_LENGTH,
    Buffer,
    Layout,
    Overrun,
    sniff,
    unusual_head,
)
from axial.common.refusals import refusal

# An enhanced object of 20,000 frames with 100 elements each. A hostile body gets no more of our time.
MAX_ELEMENTS = 2_000_000


class Skipper:
    """Finds the ends of one file's sequences, however they are nested."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._end = len(buffer)
        self._elements_left = MAX_ELEMENTS

    def past(self, start: int, vr: str, layout: Layout, depth: int = 0) -> int:
        """The position after the value that begins at `start`; Overrun or NotDicom without an end.

        Fragments of encapsulated pixel data are items, too; so one loop serves all VRs.
        """
        if depth >= MAX_DEPTH:
            raise refusal("nested_too_deeply")
        if vr == "UN":
            # A sequence of unknown VR is encoded in implicit little endian (PS3.5 section 6.2.2);
            # some writers keep the explicit VR, so the items are sniffed.
            layout = EXPLICIT_LITTLE
        position = start
        while position + HEAD_BYTES <= self._end:
            key, first, second = layout.head(self._buffer, position)
            position += HEAD_BYTES
            if key == layout.sequence_end:
                return position
            if key != layout.item:
                raise refusal("malformed")
            if self._elements_left <= 0:
                raise refusal("too_many_elements")
            self._elements_left -= 1
            length = layout.join(first, second)
            if length == UNDEFINED_LENGTH:
                position = self._past_item(position, layout, depth)
            else:
                position += length
        raise Overrun

    def _past_item(self, position: int, layout: Layout, depth: int) -> int:
        if layout.explicit:
            layout = sniff(self._buffer, position, layout)
        buffer, end, head, short_vrs = self._buffer, self._end, layout.head, layout.short_vrs
        left = self._elements_left
        while position + HEAD_BYTES <= end:
            key, first, length = head(buffer, position)
            if key == layout.item_end:
                self._elements_left = left
                return position + HEAD_BYTES
            if left <= 0:
                raise refusal("too_many_elements")
            left -= 1
            if first in short_vrs:
                position += HEAD_BYTES + length
                continue
            vr, start, length = unusual_head(buffer, position, first, length, layout)
            if length == UNDEFINED_LENGTH:
                self._elements_left = left
                position = self.past(start, vr, layout, depth + 1)
                left = self._elements_left
            else:
                position = start + length
        raise Overrun
