"""The names in an archive, as Orthanc makes them (`ArchiveJob`, `HierarchicalZipWriter`)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from axial.common.identifiers import Level

# What a folder is called by.
_NAMED_BY = {
    Level.PATIENT: ("PatientID", "PatientName"),
    Level.STUDY: ("AccessionNumber", "StudyDescription"),
    Level.SERIES: ("Modality", "SeriesDescription"),
}

# Orthanc turns carets into spaces, and since 1.12.11 slashes, too.
_SPACES = re.compile(r"[\s^/\\]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_KEPT_PUNCTUATION = frozenset("._ ")

# `MR000000.dcm`: a letter or two of the modality, then digits up to eight characters.
_PREFIX_CHARACTERS = 2
_FILE_NAME_CHARACTERS = 8


def folder_name(level: Level, tags: Mapping[str, str], *, utf8: bool) -> str:
    """Name the folder of a patient, a study or a series by its main DICOM tags."""
    name = _plain(" ".join(tags.get(keyword, "") for keyword in _NAMED_BY[level]), utf8=utf8)
    # Dots alone would name the folder itself, or the one above it.
    return name if name.strip(".") else f"Unknown {level.type_name}"


def file_name(modality: str, number: int) -> str:
    """Name the file of an instance by the modality of its series and its number there."""
    prefix = modality[:_PREFIX_CHARACTERS].upper()
    digits = _FILE_NAME_CHARACTERS - len(prefix)
    return _plain(f"{prefix}{number:0{digits}}.dcm", utf8=False)


class Folder:
    """The names that a folder has given away."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def give(self, name: str) -> str:
        """Give a name; whoever asks for it again is given it with a number."""
        self._given[name] += 1
        times = self._given[name]
        # No name has a dash of its own.
        return name if times == 1 else f"{name}-{times}"


def _plain(text: str, *, utf8: bool) -> str:
    """Leave letters, digits, dots, underscores, and single spaces."""
    spaced = _SPACES.sub(" ", _CONTROLS.sub("", text))
    kept = "".join(c for c in spaced if _is_kept(c) and (utf8 or c.isascii()))
    return _SPACES.sub(" ", kept).strip(" ")


def _is_kept(character: str) -> bool:
    return (
        character.isalnum()
        or character in _KEPT_PUNCTUATION
        or unicodedata.category(character).startswith("M")  # the vowels of many a script
    )
