"""One archive beside the other: Debian's Orthanc and we are asked the same by C-FIND."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from support.finding import PATIENT_ROOT, STUDY_ROOT, Folk, Found, ask, code, question
from support.near import Near
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

FOLK = Folk()
ALL = FOLK.everybody
TWO = [FOLK.uid(0, 0), FOLK.uid(1, 1)]

#: What both answer alike, to the last element.
SAME: dict[str, Dataset] = {
    "patients": question(
        "PATIENT",
        PatientID=FOLK.patient(3),
        PatientName="",
        PatientSex="",
        NumberOfPatientRelatedStudies="",
        NumberOfPatientRelatedSeries="",
        NumberOfPatientRelatedInstances="",
    ),
    "studies": question(
        "STUDY",
        PatientID=FOLK.patient(2),
        StudyInstanceUID="",
        StudyDate="",
        StudyTime="",
        AccessionNumber="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
        ReferringPhysicianName="",
        PatientSex="",
        StudyID="",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        TimezoneOffsetFromUTC="",
    ),
    "series": question(
        "SERIES",
        StudyInstanceUID=FOLK.uid(0, 1),
        SeriesInstanceUID="",
        Modality="",
        SeriesNumber="",
        NumberOfSeriesRelatedInstances="",
    ),
    "images": question(
        "IMAGE",
        StudyInstanceUID=FOLK.uid(0, 1),
        SeriesInstanceUID=FOLK.uid(0, 1, 1),
        SOPInstanceUID="",
        InstanceNumber="",
        SOPClassUID="",
    ),
    "without the unique keys above": question(
        "IMAGE", SOPInstanceUID=FOLK.uid(0, 1, 1, 0), StudyInstanceUID="", PatientID=""
    ),
    "INSTANCE": question("INSTANCE", SOPInstanceUID=FOLK.uid(0, 1, 1, 0)),
    "in lower case": question("study", PatientID=FOLK.patient(0)),
    "a name in another case": question("STUDY", PatientID=ALL, PatientName="smith*"),
    "one character": question("STUDY", PatientID=ALL, PatientName="SMITH^J?NE"),
    "an identifier in another case": question("STUDY", PatientID=FOLK.patient(0).lower()),
    "a description in another case": question("STUDY", PatientID=ALL, StudyDescription="head*"),
    "a description": question("STUDY", PatientID=ALL, StudyDescription="Head*"),
    "some UIDs": question("STUDY", StudyInstanceUID=[*TWO, "9.9"]),
    "some identifiers": question("STUDY", PatientID=[FOLK.patient(0), FOLK.patient(1)]),
    "a range of dates": question("STUDY", PatientID=ALL, StudyDate="20200201-20220101"),
    "dates from": question("STUDY", PatientID=ALL, StudyDate="20230101-"),
    "dates until": question("STUDY", PatientID=ALL, StudyDate="-20210115"),
    "a date": question("STUDY", PatientID=ALL, StudyDate="20210115"),
    "a range of times": question("STUDY", PatientID=ALL, StudyTime="0800-0900"),
    "a modality": question("STUDY", PatientID=ALL, ModalitiesInStudy="MR"),
    "some modalities": question("STUDY", PatientID=ALL, ModalitiesInStudy=["MR", "US"]),
    "modalities with wildcards": question("STUDY", PatientID=ALL, ModalitiesInStudy="M*"),
    "a modality of series": question("SERIES", PatientID=ALL, Modality="MR"),
    "what no index holds": question(
        "SERIES", PatientID=ALL, ManufacturerModelName="Scanner 2", InstitutionName=""
    ),
    "numbers": question(
        "IMAGE", PatientID=FOLK.patient(1), SOPInstanceUID="", x00280010=("US", 65)
    ),
    "sequences": question("STUDY", PatientID=FOLK.patient(1), ProcedureCodeSequence=Sequence([])),
    "what a sequence is to tell": question(
        "STUDY", PatientID=FOLK.patient(1), ProcedureCodeSequence=code()
    ),
    "Latin 1": question("STUDY", "ISO_IR 100", PatientID=ALL, PatientName="müller*"),
    "nothing": question("STUDY", PatientID=f"{FOLK.prefix}-9"),
}

#: What Orthanc answers in a Latin-1 that has lost the characters beyond it; so many studies it finds.
FOREIGN: dict[str, tuple[Dataset, str]] = {
    "Unicode": (question("STUDY", "ISO_IR 192", PatientID=ALL, PatientName="*山田*"), "山田"),
    "Japanese": (
        question("STUDY", ["", "ISO 2022 IR 87"], PatientID=ALL, PatientName="*山田*"),
        "山田",
    ),
    "Cyrillic": (question("STUDY", "ISO_IR 144", PatientID=ALL, PatientName="иван*"), "Иванов"),
    "unnamed": (question("STUDY", PatientID=FOLK.patient(4), PatientName=""), "Иванов"),
}


@pytest.fixture(scope="module")
def ours(axial: Axial) -> int:
    """Fill the shared system, and name its DICOM port."""
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    with axial.client() as client:
        for file in FOLK.files():
            client.post("/instances", content=file).raise_for_status()
    return axial.dicom_port


@dataclass(frozen=True, slots=True)
class Theirs:
    """A real Orthanc with the same content, that knows us as a modality."""

    client: httpx2.Client
    dicom_port: int


@pytest.fixture(scope="module")
def orthanc(ours: int, other: Near) -> Iterator[Theirs]:
    """Fill a real Orthanc, whose AE title is ours."""
    assert other.dicom_port is not None
    other.stores(*FOLK.files())
    with httpx2.Client(base_url=other.url) as client:
        client.put("/modalities/us", json=["AXIAL", "127.0.0.1", ours]).raise_for_status()
        yield Theirs(client, other.dicom_port)


@pytest.fixture(scope="module")
def theirs(orthanc: Theirs) -> int:
    """Name its DICOM port."""
    return orthanc.dicom_port


def told(found: Found) -> Counter[str]:
    """Write answers so that they can be compared in any order."""
    return Counter(str(answer) for answer in found.answers)


@pytest.mark.parametrize("model", [PATIENT_ROOT, STUDY_ROOT])
def test_the_same_answers(ours: int, theirs: int, model: str) -> None:
    """Whoever asks either archive gets the same answers, element by element, and the same status."""
    for name, asked in SAME.items():
        here, there = ask(ours, asked, model), ask(theirs, asked, model)
        assert told(here) == told(there), name
        assert (here.status, here.pending) == (there.status, there.pending), name


def test_names_beyond_latin_1(ours: int, theirs: int) -> None:
    """Both find by names of any script; we tell them whole, in the character set of the question if it has one."""
    for name, (asked, part) in FOREIGN.items():
        here, there = ask(ours, asked), ask(theirs, asked)
        assert len(here.answers) == len(there.answers) == 2, name
        assert all(part in str(answer.PatientName) for answer in here.answers), name
        assert not any(part in str(answer.PatientName) for answer in there.answers), name
        sent = asked.get("SpecificCharacterSet", "ISO_IR 192")
        assert {str(answer.SpecificCharacterSet) for answer in here.answers} == {str(sent)}, name


def test_orthanc_asks_us(orthanc: Theirs) -> None:
    """Orthanc, asked to query us, finds by a name beyond ASCII, and reads the same of us as of itself."""
    keys = {"PatientID": ALL, "PatientName": "Müller*", "StudyInstanceUID": "", "StudyDate": ""}
    asked = {"Level": "Study", "Query": keys}
    query = orthanc.client.post("/modalities/us/query", json=asked)
    query.raise_for_status()
    path = f"/queries/{query.json()['ID']}/answers"
    answers = orthanc.client.get(path, params={"expand": "", "simplify": ""}).json()
    told = {(each["StudyInstanceUID"], each["PatientName"], each["StudyDate"]) for each in answers}
    assert told == {
        (FOLK.uid(0, 0), "Müller^Jörg", "20200115"),
        (FOLK.uid(0, 1), "Müller^Jörg", "20200215"),
    }


def test_what_both_refuse(ours: int, theirs: int) -> None:
    """A question that Orthanc cannot process is refused here, too; without a level, by the status for that."""
    for asked, status in (
        (question(None, PatientID=ALL), 0xA900),
        (question("WORLD", PatientID=ALL), 0xA900),
        (question("STUDY", StudyDate="2020*"), 0xC000),
        (question("STUDY", StudyInstanceUID="1.*"), 0xC000),
    ):
        assert ask(ours, asked).status == status
        assert ask(theirs, asked).status == 0xC000
