"""DICOM files for tests: those that ship with pydicom, others made to order."""

import struct
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

_CODE_SUFFIXES = frozenset({".py", ".pyc"})


def shipped_files() -> list[Path]:
    """Every data file in the distributions pydicom and pydicom-data, DICOM or not."""
    return [
        file
        for folder in (_folder_of("pydicom"), _folder_of("data_store"))
        for file in sorted((folder / "data").rglob("*"))
        if file.is_file() and file.suffix not in _CODE_SUFFIXES
    ]


def shipped_file(name: str) -> Path:
    """One of the shipped files, by its name."""
    return next(file for file in shipped_files() if file.name == name)


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the tests need {package}")
    return Path(spec.submodule_search_locations[0])


def dicom_file(transfer_syntax_uid: str = ExplicitVRLittleEndian, **attributes: Any) -> bytes:
    """A small CT instance without pixels; attributes by keyword, None leaves one out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    dataset.file_meta.MediaStorageSOPClassUID = UID(CT_IMAGE_STORAGE)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    identifiers = {
        "SOPClassUID": CT_IMAGE_STORAGE,
        "SOPInstanceUID": "1.2.3.4",
        "PatientID": "P1",
        "StudyInstanceUID": "1.2",
        "SeriesInstanceUID": "1.2.3",
    }
    for keyword, value in (identifiers | attributes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def encoded_element(tag: int, vr: str, value: bytes) -> bytes:
    """One element in explicit VR little endian, exactly as told: no padding, no check."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value
