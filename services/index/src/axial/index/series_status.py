"""How complete a series is, by the rule of Orthanc.

The rule: Orthanc's `ComputeExpectedNumberOfInstances` and `GetSeriesStatus` (orthanc-rest.md, C.4).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

SeriesStatus = Literal["Complete", "Missing", "Inconsistent", "Unknown"]

# The first of these whose keywords are all there tells how many instances there should be.
_PROMISES = (
    ("ImagesInAcquisition", "NumberOfTemporalPositions"),
    ("NumberOfSlices", "NumberOfTimeSlices"),
    ("CardiacNumberOfImages",),
)
# An integer string's own limit (PS3.5, 6.2), and the index's.
_LARGEST = 2**31 - 1
# Python's own `int` reads more than an integer string may be (PS3.5, 6.2): underscores, other digits.
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,18})\s*", re.ASCII)


def expected_instances(tags: Mapping[str, str]) -> int | None:
    """Read from a series' tags how many instances it should have; None when they do not say."""
    for keywords in _PROMISES:
        if all(keyword in tags for keyword in keywords):
            promised = 1
            for keyword in keywords:
                factor = _integer(tags[keyword])
                if factor is None:
                    return None
                promised *= factor
            return promised if 0 < promised <= _LARGEST else None
    return None


def index_in_series(tags: Mapping[str, str]) -> int | None:
    """Read Orthanc's IndexInSeries: InstanceNumber, else ImageIndex; None when it is not a number."""
    for keyword in ("InstanceNumber", "ImageIndex"):
        text = tags.get(keyword, "").strip()
        if text:
            index = _integer(text)
            return index if index is not None and abs(index) <= _LARGEST else None
    return None


def series_status(expected: int | None, indexes: Iterable[str]) -> SeriesStatus:
    """Judge a series by the index that each of its instances claims."""
    if expected is None:
        return "Unknown"
    seen: set[int] = set()
    for text in indexes:
        index = _integer(text)
        if index is None:
            return "Unknown"
        if not 1 <= index <= expected or index in seen:
            return "Inconsistent"
        seen.add(index)
    return "Complete" if len(seen) == expected else "Missing"


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    return int(match[1]) if match else None
