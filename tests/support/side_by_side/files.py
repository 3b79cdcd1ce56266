"""The files of the script, by the short names that its paths use."""

import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pydicom

from axial.common.identifiers import resource_ids
from axial.common.testing.dicom_files import dicom_file, shipped_file, shipped_files

# A patient with three studies of small series, and another with one, as a DICOMDIR's test has them.
_FOLDERS = {
    "cr1": "77654033/CR1/6154",
    "cr2": "77654033/CR2/6247",
    "cr3": "77654033/CR3/6278",
    "ct1": "77654033/CT2/17106",
    "ct2": "77654033/CT2/17136",
    "ct3": "77654033/CT2/17166",
    "ct4": "77654033/CT2/17196",
    "mr1": "98892003/MR1/15820",
    "mr2": "98892003/MR1/4919",
    "mr3": "98892003/MR1/5641",
    "mr4": "98892003/MR2/15970",
    "mr5": "98892003/MR2/4950",
}
# What only the far Orthanc has, at the beginning: two series of one study.
_FAR = {
    "far1": {"SeriesInstanceUID": "2.25.72", "SOPInstanceUID": "2.25.73", "Modality": "CT"},
    "far2": {"SeriesInstanceUID": "2.25.74", "SOPInstanceUID": "2.25.75", "Modality": "MR"},
}
_FILES = {
    "small": "CT_small.dcm",  # private tags
    "multi": "emri_small.dcm",  # ten frames, functional groups
    "rle": "MR_small_RLE.dcm",
    "big": "liver_expb_1frame.dcm",  # big endian
    "deflated": "image_dfl.dcm",
    "jpeg": "SC_rgb_jpeg_dcmtk.dcm",
    "colour": "SC_rgb_2frame.dcm",
    "lossless": "JPEG2000.dcm",
    "implicit": "rtplan.dcm",  # sequences in sequences
    "report": "reportsi.dcm",
    "wave": "waveform_ecg.dcm",
    "latin": "chrFren.dcm",
    "greek": "chrGreek.dcm",
    "russian": "chrRuss.dcm",
    "japanese": "chrH31.dcm",
    "korean": "chrKoreanMulti.dcm",
    "chinese": "chrX2.dcm",
    "utf8": "chrX1.dcm",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file; written in a path it is its instance."""

    body: bytes = field(repr=False)
    patient: str
    study: str
    series: str
    instance: str
    #: As the file names it.
    sop: str

    def __str__(self) -> str:
        return self.instance


@cache
def files() -> dict[str, File]:
    """Read them all."""
    paths = {name: shipped_file(file) for name, file in _FILES.items()}
    paths |= {name: _in_folder(place) for name, place in _FOLDERS.items()}
    return {name: _read(path.read_bytes()) for name, path in paths.items()} | {
        name: _read(
            dicom_file(
                PatientID="FAR",
                PatientName="Far^Away",
                StudyInstanceUID="2.25.71",
                StudyDate="20200102",
                StudyDescription="There",
                AccessionNumber="ACC71",
                **attributes,
            )
        )
        for name, attributes in _FAR.items()
    }


def _in_folder(place: str) -> Path:
    return next(path for path in shipped_files() if path.as_posix().endswith(f"/{place}"))


def _read(body: bytes) -> File:
    dataset = pydicom.dcmread(io.BytesIO(body), stop_before_pixels=True)
    ids = resource_ids(
        str(dataset.get("PatientID") or ""),
        str(dataset.StudyInstanceUID),
        str(dataset.SeriesInstanceUID),
        str(dataset.SOPInstanceUID),
    )
    return File(
        body,
        ids.patient,
        ids.study,
        ids.series,
        ids.instance,
        str(dataset.SOPInstanceUID),
    )
