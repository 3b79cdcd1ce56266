"""What rows say of their resources in words: main DICOM tags as JSON, modalities and senders as lists. Pure."""

import json

from axial.common.attributes import main_dicom_tags_of
from axial.common.identifiers import Level
from axial.index.matching import normalised

# Attributes from which Orthanc tells how many instances a series should have (orthanc-rest.md, C.4).
_SERIES_STATUS_KEYWORDS = (
    "ImagesInAcquisition",
    "NumberOfTemporalPositions",
    "NumberOfSlices",
    "NumberOfTimeSlices",
    "CardiacNumberOfImages",
)

# Made once: `json.dumps` would make an encoder for each resource.
_write_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

# What a feed's row tells of modalities and senders is for filtering: DICOM allows 16 characters (PS3.5, 6.2, AE and
# CS), and no honest study comes near the number.
_LONGEST_VALUE = 64
_MOST_VALUES = 64


def joined(joined: str, more: str) -> str:
    """Add values to some that are joined by backslashes; sorted, each once, and not without bound."""
    if not more or more == joined:
        return joined
    values = {v.replace("\0", "").strip()[:_LONGEST_VALUE] for v in f"{joined}\\{more}".split("\\")}
    values.discard("")
    return "\\".join(sorted(values)[:_MOST_VALUES])


def main_tags(level: Level, tags: dict[str, str]) -> str:
    """Write the main DICOM tags of one level as JSON; a series keeps what tells its expected size too."""
    own = _own_tags(level, tags)
    if level is Level.SERIES:
        own |= {name: tags[name] for name in _SERIES_STATUS_KEYWORDS if name in tags}
    return _json(own)


def findable_tags(level: Level, tags: dict[str, str]) -> str:
    """Write the main DICOM tags of one level as JSON, in the form in which they are compared."""
    own = _own_tags(level, tags)
    return _json({name: normalised(value) for name, value in own.items()})


def _own_tags(level: Level, tags: dict[str, str]) -> dict[str, str]:
    own = main_dicom_tags_of(level, tags)
    if level is Level.STUDY:
        # Orthanc shows with each study what its first instance said of the patient.
        own |= main_dicom_tags_of(Level.PATIENT, tags)
    return own


def _json(tags: dict[str, str]) -> str:
    # Postgres keeps no NUL in text or jsonb; DICOM has no use for one either (PS3.5, 6.1.3).
    return _write_json({name: value.replace("\0", "") for name, value in tags.items()})
