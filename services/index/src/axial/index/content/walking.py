"""The way to one place in a file."""

from contextlib import suppress
from dataclasses import dataclass

from axial.common.dictionary import Dictionary
from axial.common.elements import UNDEFINED_LENGTH, ByteOrder
from axial.common.errors import Inexistent
from axial.index.content.path import ContentPath
from axial.index.content.stepping import (
    PIXEL_DATA,
    Broken,
    Element,
    Item,
    Level,
    Stepper,
    Walk,
)

# Delimiters that stand where no sequence is are no attributes.
_ITEM_GROUP = 0xFFFE0000


@dataclass(frozen=True, slots=True)
class Tags:
    """A data set: the attributes that it has."""

    tags: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence, or pixel data: as many items or fragments."""

    count: int


@dataclass(frozen=True, slots=True)
class Value:
    """The bytes `[start, stop)`, of numbers in the file's byte order."""

    start: int
    stop: int
    vr: str = ""
    byte_order: ByteOrder = "little"


def walk(path: ContentPath, root: Level, dictionary: Dictionary) -> Walk[Tags | Items | Value]:
    """Go to a place; raises `Inexistent` when there is no such place."""
    walker = _Walker(dictionary)
    level = root
    above = path.items if path.tag is not None else path.items[:-1]
    for tag, number in above:
        level = yield from walker.below(tag, number, level)
    if path.tag is not None:
        return (yield from walker.attribute(path.tag, level))
    if path.items:
        return (yield from walker.member(*path.items[-1], level))
    return (yield from walker.tags(level))


class _Walker:
    """Looks for something; what is malformed ends its own level, as it does where tags are shown."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._stepper = Stepper(dictionary)

    def below(self, tag: int, index: int, level: Level) -> Walk[Level]:
        """Go down into an item of a sequence."""
        element = yield from self._find(tag, level)
        if not element.is_sequence:
            raise Inexistent
        item = yield from self._item(index, element)
        return (yield from self._level(item, element))

    def attribute(self, tag: int, level: Level) -> Walk[Items | Value]:
        """Tell what an attribute has."""
        element = yield from self._find(tag, level)
        if _is_one_block(element):
            return Items(1)
        if element.is_sequence or element.is_fragmented:
            return (yield from self._count(element))
        return _value(element)

    def member(self, tag: int, index: int, level: Level) -> Walk[Tags | Value]:
        """Tell what an item has, or a fragment."""
        element = yield from self._find(tag, level)
        if _is_one_block(element) and index == 0:
            return _value(element)
        item = yield from self._item(index, element)
        if element.is_fragmented:
            return Value(item.start, item.start + item.length)
        return (yield from self.tags((yield from self._level(item, element))))

    def tags(self, level: Level) -> Walk[Tags]:
        """List the attributes of a level."""
        position, creators = level.start, dict[int, str]()
        found: set[int] = set()
        with suppress(Broken):
            while element := (yield from self._stepper.element(position, level, creators)):
                if element.tag < _ITEM_GROUP:
                    found.add(element.tag)
                position = yield from self._stepper.after(element)
        return Tags(tuple(sorted(found)))

    def _find(self, tag: int, level: Level) -> Walk[Element]:
        """Find the first element with a tag."""
        position, creators = level.start, dict[int, str]()
        with suppress(Broken):
            while element := (yield from self._stepper.element(position, level, creators)):
                if element.tag == tag:
                    return element
                if tag < PIXEL_DATA <= element.tag:
                    break  # elements are in order; at least none goes behind the pixel data
                position = yield from self._stepper.after(element)
        raise Inexistent

    def _item(self, index: int, element: Element) -> Walk[Item]:
        """Find an item of a sequence, or a fragment."""
        position = element.start
        with suppress(Broken):
            while (element.is_sequence or element.is_fragmented) and (
                item := (yield from self._stepper.item(position, element))
            ):
                if index == 0:
                    return item
                index -= 1
                position = yield from self._stepper.after_item(item, element)
        raise Inexistent

    def _level(self, item: Item, element: Element) -> Walk[Level]:
        """Go into an item."""
        with suppress(Broken):
            return (yield from self._stepper.level_of(item, element))
        raise Inexistent

    def _count(self, element: Element) -> Walk[Items]:
        """Count the items of a sequence, or the fragments."""
        position, count = element.start, 0
        with suppress(Broken):
            while item := (yield from self._stepper.item(position, element)):
                count += 1
                position = yield from self._stepper.after_item(item, element)
        return Items(count)


def _is_one_block(element: Element) -> bool:
    """Whether it is pixel data that are not compressed, which Orthanc shows as one fragment."""
    is_root = element.level.depth == 0
    return element.tag == PIXEL_DATA and is_root and element.length != UNDEFINED_LENGTH


def _value(element: Element) -> Value:
    return Value(element.start, element.stop, element.vr, element.level.layout.byte_order)
