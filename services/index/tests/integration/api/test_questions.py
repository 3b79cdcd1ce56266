"""What the DICOM gateway asks for its C-FIND, over the real Postgres."""

import json
from typing import Any

import httpx2
import pytest
import zstandard
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from support.archive import Archive

from axial.common.configuration import Configuration
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

STUDY = "0020,000d"


@pytest.fixture
def configuration() -> Configuration:
    """Limit finds of instances."""
    return Configuration.model_validate({"LimitFindInstances": 3})


def code(value: str, meaning: str = "") -> Dataset:
    """Make an item of a sequence, with one within."""
    item, inner = Dataset(), Dataset()
    item.CodeValue = value
    inner.CodeMeaning = meaning
    item.EquivalentCodeSequence = Sequence([inner])
    return item


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Fill an archive with four studies, the last of five instances."""
    headers = [
        dicom_file(ProcedureCodeSequence=Sequence([code("C1", "Head"), code("C2", "Müller")])),
        dicom_file(ProcedureCodeSequence=Sequence([code("C2", "Foot")])),
        dicom_file(KVP="120"),
    ]
    events = [
        instance_received("A", "1", "1.1", "1.1.1", PatientName="Müller^Änne"),
        instance_received("B", "2", "2.1", "2.1.1", PatientName="Smith^John"),
        instance_received("b", "3", "3.1", "3.1.1", StudyDescription="Head"),
        *(instance_received("D", "4", "4.1", f"4.1.{n}") for n in range(1, 6)),
    ]
    for number, event in enumerate(events):
        header = zstandard.compress(headers[min(number, 2)])
        await archive.project(event.model_copy(update={"header": header}))
    return archive


async def ask(archive: Archive, **question: Any) -> httpx2.Response:
    """Ask, by default for studies."""
    body = json.dumps({"level": "studies", "tell": [STUDY], **question})
    headers = {"Content-Type": "application/json"}
    response: httpx2.Response = await archive.client.post(
        "/internal/find", content=body, headers=headers
    )
    return response


async def told(archive: Archive, **question: Any) -> list[dict[str, Any]]:
    """Ask something that is answered whole."""
    response = await ask(archive, **question)
    assert response.status_code == 200, response.text
    *pages, last = [json.loads(line) for line in response.text.splitlines()]
    assert last == {"complete": True}
    return [match for page in pages for match in page["matches"]]


@pytest.mark.parametrize(
    ("question", "studies"),
    [
        ({}, "1234"),
        ({"keys": {"0010,0010": "müller*"}}, "1"),
        ({"keys": {"0010,0020": "B"}}, "2"),
        ({"keys": {"0008,1030": "head"}}, ""),
        ({"keys": {"0008,1030": "H*"}}, "3"),
        ({"keys": {STUDY: "1\\4\\9"}}, "14"),
        ({"keys": {"0018,0060": "120"}}, "34"),
        ({"items": {"0008,1032": {"keys": {"0008,0100": "C2"}}}}, "12"),
        ({"items": {"0008,1032": {"keys": {"0008,0100": "C*"}}}}, "12"),
        ({"items": {"0008,1032": {"keys": {"0008,0100": "C1\\C3"}}}}, "1"),
        ({"items": {"0018,0060": {"keys": {"0008,0100": "C1"}}}}, ""),
        (
            {"items": {"0008,1032": {"items": {"0008,0121": {"keys": {"0008,0104": "Foot"}}}}}},
            "2",
        ),
        (
            # Two conditions that no single item meets.
            {
                "items": {
                    "0008,1032": {
                        "keys": {"0008,0100": "C1"},
                        "items": {"0008,0121": {"keys": {"0008,0104": "Müller"}}},
                    }
                }
            },
            "",
        ),
    ],
)
async def test_matches(filled: Archive, question: dict[str, Any], studies: str) -> None:
    """Case matters in all but names; a sequence matches by one item that has all that is asked."""
    assert [match[STUDY] for match in await told(filled, **question)] == list(studies)


async def test_what_is_told(filled: Archive) -> None:
    """Told is what was asked for and is there: from the tables, by counting, from the header."""
    tell = ["0010,0010", "0020,1208", "0008,1032", "0018,0060", "0008,0050"]
    (match,) = await told(filled, keys={STUDY: "2"}, tell=tell)
    assert match == {
        "0010,0010": "Smith^John",
        "0020,1208": "1",
        "0008,1032": [{"0008,0100": "C2", "0008,0121": [{"0008,0104": "Foot"}]}],
    }


async def test_a_limit(filled: Archive) -> None:
    """What is cut at the limit says so; as many as the limit are all there are."""
    cut = await ask(filled, level="instances", keys={STUDY: "4"}, tell=["0008,0018"])
    *pages, last = [json.loads(line) for line in cut.text.splitlines()]
    assert sum(len(page["matches"]) for page in pages) == 3
    assert last == {"complete": False}
    some = {"0008,0018": "4.1.1\\4.1.2\\4.1.3"}
    assert len(await told(filled, level="instances", keys=some, tell=[])) == 3


async def test_many(filled: Archive) -> None:
    """Matches are told some at a time, in the order of their creation, and each once."""
    await filled.project(
        *(instance_received(f"M{n}", f"5.{n}", f"5.{n}.1", f"5.{n}.1.1") for n in range(120))
    )
    response = await ask(filled, keys={"0010,0020": "M*"})
    *pages, last = [json.loads(line) for line in response.text.splitlines()]
    assert last == {"complete": True}
    assert [len(page["matches"]) for page in pages] == [100, 20]
    told = [match[STUDY] for page in pages for match in page["matches"]]
    assert told == [f"5.{n}" for n in range(120)]


async def test_the_projection_is_behind(filled: Archive) -> None:
    """Nothing is answered before all is found that was acknowledged to anybody."""
    filled.projection.behind = True
    assert (await ask(filled)).status_code == 503


@pytest.mark.parametrize(
    "question",
    [
        {"keys": {STUDY: "1.*"}},
        {"keys": {"NoSuchTag": "1"}},
        {"level": "worlds"},
        {"items": {"0008,1032": {"keys": {"0008,0020": "2*"}}}},
        {"tell": ["0010"]},
    ],
)
async def test_what_cannot_be_asked(filled: Archive, question: dict[str, Any]) -> None:
    """What makes no sense is refused before anything is answered."""
    assert (await ask(filled, **question)).status_code == 400
