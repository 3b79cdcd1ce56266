"""Steps from element to element, and from item to item, through bytes that are asked for as they are needed.

A walk is a generator: it yields the range that it wants to see, and is sent its bytes, or as many as there are. So
whoever has the bytes decides how they are come by.
"""

from collections.abc import Generator
from typing import NamedTuple, TypeAlias, TypeVar

from axial.common.datasets import creator_tag, is_private_creator
from axial.common.dictionary import Dictionary
from axial.common.elements import (
    EXPLICIT_LITTLE,
    HEAD_BYTES,
    LONG_HEAD_BYTES,
    MAX_DEPTH,
    UNDEFINED_LENGTH,
    Layout,
    Overrun,
    sniff,
    unusual_head,
)
from axial.common.skipper import MAX_ELEMENTS

_Found = TypeVar("_Found")
Walk: TypeAlias = Generator[tuple[int, int], bytes, _Found]

PIXEL_DATA = 0x7FE00010

_PRIVATE_BIT = 0x00010000
_FRAGMENTED_VRS = frozenset({"OB", "OW", "OB or OW"})
_MAX_CREATOR_BYTES = 64  # the length of an LO


class Broken(Exception):
    """What follows cannot be understood."""


class Level(NamedTuple):
    """The elements of a data set, or of an item."""

    start: int
    #: Behind the last byte that can belong to it.
    stop: int
    layout: Layout
    depth: int = 0


class Element(NamedTuple):
    """One data element, by its head."""

    tag: int
    vr: str
    start: int
    #: Of its value, in bytes; or `UNDEFINED_LENGTH`.
    length: int
    #: Of the level it is on, which bounds it.
    level: Level

    @property
    def is_fragmented(self) -> bool:
        """Whether its value is a sequence of fragments."""
        return self.length == UNDEFINED_LENGTH and self.vr in _FRAGMENTED_VRS

    @property
    def is_sequence(self) -> bool:
        """Whether its value is a sequence of items."""
        return self.vr == "SQ" or (self.length == UNDEFINED_LENGTH and not self.is_fragmented)

    @property
    def stop(self) -> int:
        """Behind the last byte that can belong to its value."""
        if self.length == UNDEFINED_LENGTH:
            return self.level.stop
        return min(self.start + self.length, self.level.stop)


class Item(NamedTuple):
    """One item of a sequence, or one fragment, by its head."""

    start: int
    length: int


class Stepper:
    """Steps through one file; it gives up, by `Broken`, what nests too deeply or has no end."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._steps_left = MAX_ELEMENTS

    def element(
        self, position: int, level: Level, creators: dict[int, str]
    ) -> Walk[Element | None]:
        """Read the head at a position; None at the end. The private creators on the way are put down."""
        layout = level.layout
        head = yield from self._head(position, level.stop, LONG_HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return None
        key, first, length = layout.head(head, 0)
        if key == layout.item_end:
            return None
        tag = layout.tag(key)
        if first in layout.short_vrs:
            vr, value = layout.short_vrs[first], HEAD_BYTES
        else:
            try:
                vr, value, length = unusual_head(head, 0, first, length, layout)
            except Overrun:
                raise Broken from None
        start = position + value
        if is_private_creator(tag) and tag not in creators:
            name = yield start, start + min(length, _MAX_CREATOR_BYTES)
            creators[tag] = name.decode("ascii", "replace").strip(" \0")
        if not vr:
            creator = creators.get(creator_tag(tag), "") if tag & _PRIVATE_BIT else ""
            vr = self._dictionary.vr_of(tag, creator)
        element = Element(tag, vr, start, length, level)
        # Pixel data may be cut short, and the file is kept all the same.
        if length != UNDEFINED_LENGTH and start + length > level.stop and tag != PIXEL_DATA:
            raise Broken
        return element

    def after(self, element: Element) -> Walk[int]:
        """Go behind an element."""
        if element.length != UNDEFINED_LENGTH:
            return element.start + element.length
        position = element.start
        while item := (yield from self.item(position, element)):
            position = yield from self.after_item(item, element)
        return position + HEAD_BYTES  # of the delimiter

    def item(self, position: int, element: Element) -> Walk[Item | None]:
        """Read the head of an item at a position; None at the end."""
        layout = self._layout_of_items(element)
        head = yield from self._head(position, element.stop, HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return None
        key, first, second = layout.head(head, 0)
        if key == layout.sequence_end:
            return None
        if key != layout.item:
            raise Broken
        return Item(position + HEAD_BYTES, layout.join(first, second))

    def level_of(self, item: Item, element: Element) -> Walk[Level]:
        """Tell how an item's elements are encoded."""
        depth = element.level.depth + 1
        if depth > MAX_DEPTH:
            raise Broken
        layout = self._layout_of_items(element)
        stop = element.stop
        if item.length != UNDEFINED_LENGTH:
            stop = min(item.start + item.length, stop)
        if layout.explicit:
            head = yield item.start, min(item.start + HEAD_BYTES, stop)
            layout = sniff(head, 0, layout)
        return Level(item.start, stop, layout, depth)

    def after_item(self, item: Item, element: Element) -> Walk[int]:
        """Go behind an item."""
        if item.length != UNDEFINED_LENGTH:
            return item.start + item.length
        level = yield from self.level_of(item, element)
        position = level.start
        creators: dict[int, str] = {}
        while found := (yield from self.element(position, level, creators)):
            position = yield from self.after(found)
        return position + HEAD_BYTES  # of the delimiter

    @staticmethod
    def _layout_of_items(element: Element) -> Layout:
        """A sequence of unknown VR is encoded in implicit little endian; some writers keep the explicit VR."""
        layout = element.level.layout
        return EXPLICIT_LITTLE if element.vr == "UN" and layout.explicit else layout

    def _head(self, position: int, stop: int, length: int) -> Walk[bytes]:
        if self._steps_left <= 0:
            raise Broken
        self._steps_left -= 1
        if position + HEAD_BYTES > stop:
            return b""
        return (yield position, min(position + length, stop))
