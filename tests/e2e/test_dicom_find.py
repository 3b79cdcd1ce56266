"""C-FIND as its users ask it: DCMTK's findscu, pynetdicom."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from pydicom import dcmread
from pynetdicom.ae import ApplicationEntity
from support.dicoms import DicomMaker
from support.finding import PATIENT_ROOT, Folk, ask, code, findscu, question
from support.system import Axial

from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_PROGRAM_SECONDS = 60.0


@pytest.fixture(scope="module")
def port(axial: Axial) -> int:
    """Name the DICOM port of the shared system."""
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    return axial.dicom_port


@pytest.fixture(scope="module")
def folk(axial: Axial) -> Folk:
    """Store some patients."""
    folk = Folk()
    with axial.client() as client:
        for file in folk.files():
            client.post("/instances", content=file).raise_for_status()
    return folk


@pytest.mark.parametrize(
    "syntax",
    [
        IMPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ],
)
def test_every_transfer_syntax(port: int, folk: Folk, syntax: str) -> None:
    """An answer is the same in every transfer syntax: texts, numbers, counts, sequences."""
    asked = question(
        "STUDY",
        PatientID=folk.patient(0),
        StudyInstanceUID=folk.uid(0, 1),
        PatientName="",
        NumberOfStudyRelatedInstances="",
        ModalitiesInStudy="",
        ProcedureCodeSequence=code(),
        x00280010=("US", None),
    )
    found = ask(port, asked, syntax=syntax)
    assert found.status == 0x0000
    assert found.pending == {0xFF00}
    (answer,) = found.answers
    assert answer.SpecificCharacterSet == "ISO_IR 100"
    assert answer.RetrieveAETitle == "AXIAL"
    assert answer.PatientName == "Müller^Jörg"
    assert answer.NumberOfStudyRelatedInstances == 2
    assert list(answer.ModalitiesInStudy) == ["CT", "MR"]
    assert answer.Rows == 64
    assert answer.ProcedureCodeSequence[0].CodeValue == "C0"


def test_a_sequence_is_matched(port: int, folk: Folk) -> None:
    """A key within a sequence is matched, as the standard has it."""
    asked = question("STUDY", PatientID=folk.everybody, ProcedureCodeSequence=code("C1"))
    asked.StudyInstanceUID = ""
    found = ask(port, asked)
    assert found.values("StudyInstanceUID") == [folk.uid(1, 0), folk.uid(1, 1)]


def test_programs_of_others(port: int, folk: Folk, tmp_path: Path) -> None:
    """DCMTK's findscu and pynetdicom's own write down the same answers of all levels."""
    for model, pynetdicoms, level, key in (
        ("-P", "-P", "PATIENT", "PatientID"),
        ("-S", "-S", "STUDY", "StudyInstanceUID"),
        ("-S", "-S", "SERIES", "SeriesInstanceUID"),
        ("-S", "-S", "IMAGE", "SOPInstanceUID"),
    ):
        ours, theirs = tmp_path / f"dcmtk-{level}", tmp_path / f"pynetdicom-{level}"
        ours.mkdir()
        theirs.mkdir()
        keys = [f"QueryRetrieveLevel={level}", f"PatientID={folk.everybody}"]
        if key != "PatientID":
            keys.append(f"{key}=")
        asked = [part for each in keys for part in ("-k", each)]
        found = findscu(port, ours, model, *asked)
        command = (sys.executable, "-m", "pynetdicom", "findscu", "127.0.0.1", str(port))
        subprocess.run(
            (*command, pynetdicoms, "-aec", "AXIAL", "-w", *asked),
            cwd=theirs,
            check=True,
            capture_output=True,
            timeout=_PROGRAM_SECONDS,
        )
        assert len(found) == {"PATIENT": 5, "STUDY": 10, "SERIES": 15, "IMAGE": 15}[level]
        assert len({str(answer[key].value) for answer in found}) == len(found)
        assert len(list(theirs.glob("*.dcm"))) == len(found)


def test_what_was_acknowledged_is_found(port: int) -> None:
    """Whoever asks finds what another association was told is stored, while that one goes on."""
    maker = DicomMaker(per_series=1)
    entity = ApplicationEntity("STORES")
    first = dcmread(BytesIO(maker.make(0).body))
    entity.add_requested_context(first.SOPClassUID, first.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title="AXIAL")
    assert association.is_established
    for number in range(10):
        dataset = dcmread(BytesIO(maker.make(number).body))
        assert association.send_c_store(dataset).Status == 0x0000
        uid = dataset.SOPInstanceUID
        asked = question("IMAGE", SOPInstanceUID=uid)
        assert ask(port, asked).values("SOPInstanceUID") == [uid]
    association.release()


def test_what_makes_no_sense(port: int, folk: Folk) -> None:
    """A question without a level, and one with wildcards where there are none, are refused by status."""
    assert ask(port, question(None, PatientID=folk.patient(0))).status == 0xA900
    assert ask(port, question("STUDY", StudyDate="2020*")).status == 0xC000


async def test_rest_finds_the_same(client: httpx2.AsyncClient, port: int, folk: Folk) -> None:
    """`/tools/find` names as many as a C-FIND answers."""
    body = {"Level": "Study", "Query": {"PatientID": folk.everybody, "ModalitiesInStudy": "MR"}}
    found = ask(
        port, question("STUDY", PatientID=folk.everybody, ModalitiesInStudy="MR"), PATIENT_ROOT
    )
    assert len((await client.post("/tools/find", json=body)).json()) == len(found.answers) == 5
