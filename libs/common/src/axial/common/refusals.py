"""Why a body is not archived: every code of NotDicom, with its sentence."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from axial.common.errors import NotDicom

Refusal = Literal[
    "not_dicom",
    "truncated",
    "malformed",
    "nested_too_deeply",
    "too_many_elements",
    "bad_deflate",
    "meta_too_long",
    "dicomdir",
    "missing_study_instance_uid",
    "missing_series_instance_uid",
    "missing_sop_instance_uid",
    "missing_sop_class_uid",
    "identifier_too_long",
]

REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        "not_dicom": "The body is not a DICOM file.",
        "truncated": "The DICOM file is cut short before its pixel data.",
        "malformed": "A sequence of the DICOM file holds something that is not an item.",
        "nested_too_deeply": "The sequences of the DICOM file are nested too deeply.",
        "too_many_elements": "The DICOM file has too many elements.",
        "bad_deflate": "The deflated data set of the DICOM file cannot be inflated.",
        "meta_too_long": "The file meta information is longer than can be kept.",
        "dicomdir": "A DICOMDIR is not an instance: send the files that it lists.",
        "missing_study_instance_uid": "The DICOM file has no StudyInstanceUID.",
        "missing_series_instance_uid": "The DICOM file has no SeriesInstanceUID.",
        "missing_sop_instance_uid": "The DICOM file has no SOPInstanceUID.",
        "missing_sop_class_uid": "The DICOM file has neither file meta information nor SOPClassUID.",
        "identifier_too_long": "A UID or the PatientID of the DICOM file is too long to index.",
    }
)
"""The sentence of each code. Neither holds anything of the file: both may be logged, the code is a label."""


def refusal(code: Refusal) -> NotDicom:
    """The error to raise for a body that cannot be archived."""
    return NotDicom(code, REFUSALS[code])
