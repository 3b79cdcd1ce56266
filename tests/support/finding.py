"""A C-FIND as its user asks it, and a small archive to ask about."""

import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom.ae import ApplicationEntity

from axial.common.testing.dicom_files import dicom_file

PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"

_PENDING = (0xFF00, 0xFF01)
_PROGRAM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """How a C-FIND was answered."""

    status: int
    pending: frozenset[int]
    answers: tuple[Dataset, ...]

    def values(self, keyword: str) -> list[str]:
        """List an attribute of all answers."""
        return sorted(str(answer[keyword].value) for answer in self.answers)


def ask(
    port: int, identifier: Dataset, model: str = STUDY_ROOT, syntax: str = EXPLICIT_LITTLE
) -> Found:
    """Ask one question on an association of its own."""
    entity = ApplicationEntity("ASKS")
    entity.add_requested_context(model, syntax)
    association = entity.associate("127.0.0.1", port, ae_title="AXIAL")
    assert association.is_established
    try:
        responses = list(association.send_c_find(identifier, model))
    finally:
        association.release()
    statuses = [int(status.Status) for status, _ in responses]
    return Found(
        statuses[-1],
        frozenset(statuses[:-1]),
        tuple(found for _, found in responses if found is not None),
    )


def question(level: str | None, charset: str | list[str] = "", **keys: Any) -> Dataset:
    """Make an identifier; keys by keyword, private ones as `x00091001=(VR, value)`."""
    dataset = Dataset()
    if charset:
        dataset.SpecificCharacterSet = charset
    if level is not None:
        keys["QueryRetrieveLevel"] = level
    for name, value in keys.items():
        if name.startswith("x"):
            tag, (vr, sent) = int(name[1:], 16), value
        else:
            tag, sent = tag_for_keyword(name) or 0, value
            vr = dictionary_VR(tag)
        # Ranges and wildcards are no values of their VR.
        dataset.add(DataElement(tag, vr, sent, validation_mode=IGNORE))
    return dataset


def code(value: str = "") -> Sequence:
    """Make a sequence of one coded item."""
    item = Dataset()
    item.CodeValue = value
    return Sequence([item])


def findscu(port: int, folder: Path, *arguments: str) -> list[Dataset]:
    """Ask with DCMTK's findscu, and read the answers that it wrote."""
    command = ("/usr/bin/findscu", "-v", *arguments, "-X", "-od", str(folder))
    subprocess.run(
        (*command, "-aec", "AXIAL", "127.0.0.1", str(port)),
        check=True,
        capture_output=True,
        timeout=_PROGRAM_SECONDS,
    )
    return [pydicom.dcmread(file, force=True) for file in sorted(folder.glob("rsp*.dcm"))]


def _prefix() -> str:
    return uuid.uuid4().hex[:8].upper()


@dataclass(frozen=True, slots=True)
class Folk:
    """Some patients of its own, with names in many scripts: two studies each, of one and of two series."""

    prefix: str = field(default_factory=_prefix)

    @property
    def everybody(self) -> str:
        """Match their PatientID."""
        return f"{self.prefix}*"

    def patient(self, number: int) -> str:
        """Name a patient."""
        return f"{self.prefix}-{number}"

    def uid(self, *numbers: int) -> str:
        """Name a patient's study, one of its series, or one of its instances."""
        root = f"2.25.{int(self.prefix, 16) + 1}"
        return ".".join([root, *(str(number + 1) for number in numbers)])

    def files(self) -> list[bytes]:
        """Make their files."""
        return [
            self._file(patient, study, series)
            for patient in range(len(_NAMES))
            for study in range(2)
            for series in range(study + 1)
        ]

    def _file(self, patient: int, study: int, series: int) -> bytes:
        name, charset = _NAMES[patient]
        item = code(f"C{patient}")
        return dicom_file(
            SpecificCharacterSet=charset,
            PatientID=self.patient(patient),
            PatientName=name,
            PatientSex=None if patient == _WITHOUT_SEX else "MF"[patient % 2],
            StudyInstanceUID=self.uid(patient, study),
            SeriesInstanceUID=self.uid(patient, study, series),
            SOPInstanceUID=self.uid(patient, study, series, 0),
            SOPClassUID=_SOP_CLASSES[series],
            StudyDate=f"202{patient}0{study + 1}15",
            StudyTime=f"0{8 + study}3000",
            StudyDescription=f"Head {patient}",
            AccessionNumber=f"A{patient}{study}",
            ReferringPhysicianName="Doc^Tor",
            InstitutionName="Hospital",
            Modality=("CT", "MR")[series],
            SeriesNumber=series + 1,
            InstanceNumber=1,
            Rows=64 + patient,
            TimezoneOffsetFromUTC="+0100",
            ProcedureCodeSequence=item,
            ManufacturerModelName=f"Scanner {patient}",
        )


_NAMES: tuple[tuple[str, str | list[str] | None], ...] = (
    ("Müller^Jörg", "ISO_IR 100"),
    ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["", "ISO 2022 IR 87"]),
    ("Smith^John", None),
    ("SMITH^JANE", None),
    ("Иванов^Иван", "ISO_IR 144"),
)
_WITHOUT_SEX = 2
_SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4")
