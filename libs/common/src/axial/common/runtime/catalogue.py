"""The transfer syntaxes and SOP classes there are, for patterns to choose from."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pydicom._uid_dict import UID_dictionary  # PS3.6, annex A; its public names are per kind
from pydicom.uid import UID

# Real-time video (PS3.22) is no data set, and Papyrus never was DICOM's own.
_NO_DATASETS = ("1.2.840.10008.1.2.7.", "1.2.840.10008.1.20")
# In the standard, and not in pydicom yet. pynetdicom would add them, but not every process has it.
_LATER = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
}
# Not among them: directories, which are files of media, and commitment.
_STORAGE = "1.2.840.10008.5.1.4."


def _in_order(uids: Iterable[str]) -> tuple[str, ...]:
    """Sort as people do: by the numbers in them."""
    return tuple(sorted(uids, key=lambda uid: [int(number) for number in uid.split(".")]))


TRANSFER_SYNTAXES = _in_order(
    {
        uid
        for uid, (_, kind, *_) in UID_dictionary.items()
        if kind == "Transfer Syntax" and not uid.startswith(_NO_DATASETS)
    }.union(_LATER)
)
STORAGE_SOP_CLASSES = _in_order(
    uid
    for uid, (name, kind, *_) in UID_dictionary.items()
    if kind == "SOP Class" and "Storage" in name and uid.startswith(_STORAGE)
)


def name_of(uid: str) -> str:
    """Tell what the standard calls a transfer syntax or an SOP class; its UID, when it does not know it."""
    return _LATER.get(uid) or UID(uid).name


def chosen(patterns: Iterable[str], catalogue: tuple[str, ...]) -> tuple[str, ...]:
    """List what is known and matches one of the patterns; `*` and `?` stand for what they do in Orthanc."""
    # A bracket means nothing to Orthanc, and stands in no UID.
    plain = [pattern for pattern in patterns if "[" not in pattern]
    return tuple(uid for uid in catalogue if any(fnmatchcase(uid, pattern) for pattern in plain))
