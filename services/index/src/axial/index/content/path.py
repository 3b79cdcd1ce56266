"""Where to go in a file: `0008-1140/0/0008-1150`."""

from dataclasses import dataclass

from axial.common.dictionary import Dictionary
from axial.common.errors import Inexistent

# A larger number is no item's.
_LONGEST_NUMBER_DIGITS = 10
# Deeper than any file is read, an attribute and an item a level.
_MOST_SEGMENTS = 256


@dataclass(frozen=True, slots=True)
class ContentPath:
    """Items to go down into, each of an attribute, and maybe an attribute in the last of them."""

    items: tuple[tuple[int, int], ...] = ()
    #: None for the data set itself, or the item.
    tag: int | None = None


def read_path(text: str, dictionary: Dictionary) -> ContentPath:
    """Read a path; raises `Inexistent` when it can lead nowhere."""
    segments = [segment for segment in text.split("/") if segment]
    if len(segments) > _MOST_SEGMENTS:
        raise Inexistent
    tags = [_tag(segment, dictionary) for segment in segments[::2]]
    numbers = [_number(segment) for segment in segments[1::2]]
    return ContentPath(
        items=tuple(zip(tags, numbers, strict=False)),
        tag=tags[-1] if len(tags) > len(numbers) else None,
    )


def _tag(segment: str, dictionary: Dictionary) -> int:
    tag = dictionary.parse(segment)
    if tag is None:
        raise Inexistent("Unknown DICOM tag")
    return tag


def _number(segment: str) -> int:
    if not (segment.isascii() and segment.isdigit()) or len(segment) > _LONGEST_NUMBER_DIGITS:
        raise Inexistent
    return int(segment)
