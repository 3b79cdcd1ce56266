"""Arguments in a query, read as Orthanc reads them."""

import re

from starlette.datastructures import QueryParams

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.errors import BadType, UnknownTag
from axial.common.orthanc_tags import TagFormat

# The largest number that Postgres takes for an offset or a limit.
_LARGEST = 2**63 - 1


# In the order in which Orthanc looks for them (`OrthancRestApi::GetDicomFormat`).
_TAG_FORMATS = {
    "simplify": TagFormat.SIMPLIFIED,
    "short": TagFormat.SHORT,
    "full": TagFormat.FULL,
}
# Tags in a list, where the comma in `0010,0020` is no separator.
_LISTED_TAG = re.compile(r"[0-9A-Fa-f]{4}[,-][0-9A-Fa-f]{4}|[^,;]+")


def tag_format(query: QueryParams, default: TagFormat) -> TagFormat:
    """Tell which format is asked for; an argument's presence counts, not its value."""
    return next((format_ for name, format_ in _TAG_FORMATS.items() if name in query), default)


def tags(query: QueryParams, name: str, dictionary: Dictionary = STANDARD) -> frozenset[int]:
    """Read a list of tags: `0010,0020`, `0010-0020`, `00100020` or `PatientID`, given once or often."""
    texts = [text for value in query.getlist(name) for text in _LISTED_TAG.findall(value)]
    found = [dictionary.parse(text.strip()) for text in texts]
    if None in found:
        raise UnknownTag(f"Expected DICOM tags for argument {name}")
    return frozenset(tag for tag in found if tag is not None)


def count(query: QueryParams, name: str) -> int | None:
    """Read a number that is not negative; None when it is not given."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST)):
        raise BadType(f"Expected a number that is not negative for argument {name}")
    return min(int(text), _LARGEST)
