"""Browsing: lists, resources, parents and children."""

import asyncio
from typing import Any

import pytest
from support.archive import Archive

from axial.common.events import ResourceDeletionRequested, ResourceStabilized
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received
from axial.index.database import PAGE_ROWS

pytestmark = pytest.mark.integration

FIRST = resource_ids("A", "1", "1.1", "1.1.1")
SECOND = resource_ids("A", "1", "1.1", "1.1.2")
THIRD = resource_ids("B", "2", "2.1", "2.1.1")


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Fill the archive with two patients, the first of whom has two instances."""
    await archive.project(
        instance_received("A", "1", "1.1", "1.1.1", number="1", PatientName="Müller^Ä"),
        instance_received("A", "1", "1.1", "1.1.2", content="second!", number="2"),
        instance_received("B", "2", "2.1", "2.1.1", content="third", StudyDate="20061201"),
    )
    return archive


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/patients", [FIRST.patient, THIRD.patient]),
        ("/patients/", [FIRST.patient, THIRD.patient]),
        ("/studies", [FIRST.study, THIRD.study]),
        ("/series?expand=false", [FIRST.series, THIRD.series]),
        ("/series?expand=0", [FIRST.series, THIRD.series]),
        ("/instances", [FIRST.instance, SECOND.instance, THIRD.instance]),
        ("/instances?since=1&limit=1", [SECOND.instance]),
        ("/instances?since=2", [THIRD.instance]),
        ("/instances?limit=2", [FIRST.instance, SECOND.instance]),
        ("/instances?since=3&limit=9", []),
        ("/instances?since=0&limit=0", []),
        ("/instances?since=99999999999999999999", None),
        (f"/patients/{FIRST.patient}/instances?expand=false", [FIRST.instance, SECOND.instance]),
        (f"/studies/{FIRST.study}/series?expand=0", [FIRST.series]),
    ],
)
async def test_plain_lists(filled: Archive, path: str, expected: list[str] | None) -> None:
    """A list names resources in the order of their creation, cut to the window asked for."""
    response = await filled.get(path)
    if expected is None:
        assert response.status_code == 400
    else:
        assert response.json() == expected


@pytest.mark.parametrize(
    ("level", "identifier"),
    [
        ("patients", FIRST.patient),
        ("studies", FIRST.study),
        ("series", FIRST.series),
        ("instances", FIRST.instance),
    ],
)
@pytest.mark.parametrize("format_", ["simplify", "short", "full"])
async def test_a_list_expands_to_what_each_resource_answers(
    filled: Archive, level: str, identifier: str, format_: str
) -> None:
    """An expanded list holds the very objects that the resources answer alone, in every tag format."""
    for expanded in (f"/{level}?expand&{format_}", f"/{level}?expand=true&{format_}"):
        assert (await filled.json(expanded))[0] == await filled.json(
            f"/{level}/{identifier}?{format_}"
        )


async def test_patient(filled: Archive) -> None:
    """A patient has exactly Orthanc's fields."""
    assert await filled.json(f"/patients/{FIRST.patient}") == {
        "ID": FIRST.patient,
        "IsProtected": False,
        "IsStable": False,
        "Labels": [],
        "LastUpdate": "20261120T235802",
        "MainDicomTags": {"PatientID": "A", "PatientName": "Müller^Ä"},
        "Studies": [FIRST.study],
        "Type": "Patient",
    }


async def test_study(filled: Archive) -> None:
    """A study has exactly Orthanc's fields, with its patient's tags."""
    assert await filled.json(f"/studies/{THIRD.study}?short") == {
        "ID": THIRD.study,
        "IsStable": False,
        "Labels": [],
        "LastUpdate": "20261120T235803",
        "MainDicomTags": {"0008,0020": "20061201", "0020,000d": "2"},
        "ParentPatient": THIRD.patient,
        "PatientMainDicomTags": {"0010,0020": "B"},
        "Series": [THIRD.series],
        "Type": "Study",
    }


async def test_series(filled: Archive) -> None:
    """A series has exactly Orthanc's fields."""
    assert await filled.json(f"/series/{FIRST.series}") == {
        "ExpectedNumberOfInstances": None,
        "ID": FIRST.series,
        "Instances": [FIRST.instance, SECOND.instance],
        "IsStable": False,
        "Labels": [],
        "LastUpdate": "20261120T235802",
        "MainDicomTags": {"Modality": "CT", "SeriesInstanceUID": "1.1"},
        "ParentStudy": FIRST.study,
        "Status": "Unknown",
        "Type": "Series",
    }


async def test_instance(filled: Archive) -> None:
    """An instance has exactly Orthanc's fields."""
    assert await filled.json(f"/instances/{SECOND.instance}") == {
        "FileSize": 7,
        "FileUuid": "00000000-0000-0000-0000-000000000002",
        "ID": SECOND.instance,
        "IndexInSeries": 2,
        "Labels": [],
        "MainDicomTags": {"InstanceNumber": "2", "SOPInstanceUID": "1.1.2"},
        "ParentSeries": FIRST.series,
        "Type": "Instance",
    }


async def test_stability_is_what_the_log_says(filled: Archive) -> None:
    """A resource is stable from the event that says so until the next instance reaches it."""
    await filled.project(instance_received("A", "1", "1.1", "1.1.3", content="one more"))
    await filled.project(
        ResourceStabilized(
            level=Level.STUDY, resource_id=FIRST.study, arrived_ticks=filled.arrival()
        )
    )
    assert (await filled.json(f"/studies/{FIRST.study}"))["IsStable"] is True
    assert (await filled.json(f"/patients/{FIRST.patient}"))["IsStable"] is False
    await filled.project(instance_received("A", "1", "1.1", "1.1.4", content="late"))
    assert (await filled.json(f"/studies/{FIRST.study}"))["IsStable"] is False


LINE = {
    Level.PATIENT: FIRST.patient,
    Level.STUDY: FIRST.study,
    Level.SERIES: FIRST.series,
    Level.INSTANCE: FIRST.instance,
}


@pytest.mark.parametrize(
    ("level", "other"), [(level, other) for level in Level for other in Level if level != other]
)
async def test_every_way_up_and_down(filled: Archive, level: Level, other: Level) -> None:
    """Every resource leads to its ancestors, one each, and to its descendants, expanded."""
    path = f"/{level.path_name}/{LINE[level]}"
    if other < level:
        found = await filled.json(f"{path}/{other.type_name.lower()}")
    else:
        found = (await filled.json(f"{path}/{other.path_name}"))[0]
    assert found == await filled.json(f"/{other.path_name}/{LINE[other]}")


async def test_series_status(archive: Archive) -> None:
    """A series that promises four instances is missing some, then complete, then inconsistent."""
    series = resource_ids("A", "1", "1.1", "1").series
    seen = []
    for number in range(1, 6):
        await archive.project(
            instance_received(
                "A", "1", "1.1", str(number), number=str(number), CardiacNumberOfImages="4"
            )
        )
        answer = await archive.json(f"/series/{series}")
        assert answer["ExpectedNumberOfInstances"] == 4
        seen.append(answer["Status"])
    assert seen == ["Missing", "Missing", "Missing", "Complete", "Inconsistent"]


async def test_series_status_of_what_is_not_a_number(archive: Archive) -> None:
    """An index that is no number makes the status unknown; an instance without one does not count."""
    await archive.project(
        instance_received("A", "1", "1.1", "1", number="1", CardiacNumberOfImages="1"),
        instance_received("A", "1", "1.2", "2", number="a", CardiacNumberOfImages="1"),
    )
    without = instance_received("A", "1", "1.1", "3")
    tags = dict(without.main_dicom_tags)
    del tags["InstanceNumber"]
    await archive.project(without.model_copy(update={"main_dicom_tags": tags}))
    assert [series["Status"] for series in await archive.json("/series?expand")] == [
        "Complete",
        "Unknown",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/patients/nope",
        f"/studies/{FIRST.patient}",
        f"/studies/{FIRST.patient}/instances",
        f"/series/{FIRST.instance}/study",
        f"/patients/{FIRST.patient}/patient",
        f"/patients/{FIRST.patient}/statistics/more",
        f"/patients/{SECOND.instance}/statistics",
        f"/instances/{FIRST.series}/file",
        "/patients/%00",
        "/patients//studies",
        "/nothing",
    ],
)
async def test_what_is_not_there(filled: Archive, path: str) -> None:
    """What is unknown, or known at another level, is told as Orthanc tells it."""
    response = await filled.get(path)
    assert response.status_code == 404
    problem = response.json()
    assert (problem["OrthancError"], problem["OrthancStatus"]) == ("Unknown resource", 17)


@pytest.mark.parametrize(
    "path",
    ["/patients?expand=maybe", "/series?limit=-1", "/series?since=1.5", "/series?limit=²"],
)
async def test_bad_arguments(filled: Archive, path: str) -> None:
    """An argument that cannot be read is the caller's mistake."""
    assert (await filled.get(path)).status_code == 400


@pytest.mark.parametrize("path", ["/patients", f"/studies/{FIRST.study}", "/statistics/"])
async def test_wrong_method(filled: Archive, path: str) -> None:
    """A method that a route does not have is refused without a body."""
    response = await filled.client.patch(path)
    assert (response.status_code, response.content) == (405, b"")


async def test_nothing_is_left_after_deletion(filled: Archive) -> None:
    """What the fold has deleted is answered no more, and its series counts without it."""
    await filled.project(
        ResourceDeletionRequested(level=Level.INSTANCE, resource_id=FIRST.instance)
    )
    assert (await filled.get(f"/instances/{FIRST.instance}")).status_code == 404
    series = await filled.json(f"/series/{FIRST.series}")
    assert series["Instances"] == [SECOND.instance]
    assert series["LastUpdate"] == "20261120T235804"


class Counted:
    """Counts the statements of a pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.statements = 0

    async def fetch(self, *arguments: Any) -> Any:
        """Count and pass on."""
        self.statements += 1
        return await self._pool.fetch(*arguments)


@pytest.mark.parametrize("window", ["", "&since=5", f"&since=5&limit={PAGE_ROWS + 7}"])
@pytest.mark.parametrize("level", ["series", "instances"])
async def test_long_lists(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, level: str, window: str
) -> None:
    """A list of many pages is complete and in order, at a few statements a page."""
    count = 2 * PAGE_ROWS + 500
    await archive.project(
        *(instance_received("A", "1", f"1.{n}", f"1.{n}.1", number=str(n)) for n in range(count))
    )
    counted = Counted(archive.app.state.database._pool)  # noqa: SLF001 - to count what it is asked
    monkeypatch.setattr(archive.app.state.database, "_pool", counted)
    ids = await archive.json(f"/{level}?{window}")
    start = 5 if window else 0
    expected = [
        getattr(resource_ids("A", "1", f"1.{n}", f"1.{n}.1"), level.removesuffix("s"))
        if level == "instances"
        else resource_ids("A", "1", f"1.{n}", f"1.{n}.1").series
        for n in range(count)
    ][start : start + PAGE_ROWS + 7 if "limit" in window else None]
    assert ids == expected
    listed = counted.statements
    assert [item["ID"] for item in await archive.json(f"/{level}?expand{window}")] == expected
    assert listed <= 3
    assert counted.statements - listed <= 2 * listed


async def test_many_descendants(archive: Archive) -> None:
    """The instances of a study are read in pages too."""
    count = PAGE_ROWS + 1
    await archive.project(
        *(instance_received("A", "1", "1.1", f"1.1.{n}", number=str(n)) for n in range(count))
    )
    ids = resource_ids("A", "1", "1.1", "1.1.0")
    found = await archive.json(f"/studies/{ids.study}/instances")
    assert [item["IndexInSeries"] for item in found] == list(range(count))
    assert (await archive.json(f"/series/{ids.series}"))["Instances"] == [
        item["ID"] for item in found
    ]


async def test_slow_readers_hold_no_connection(archive: Archive) -> None:
    """More readers than the pool has connections are answered while each is in the middle of a list."""
    await archive.project(
        *(
            instance_received("A", "1", "1.1", f"1.1.{n}", number=str(n))
            for n in range(2 * PAGE_ROWS + 1)
        )
    )
    database = archive.app.state.database
    walks = [database.list_resources(Level.INSTANCE) for _ in range(20)]
    async with asyncio.timeout(20):
        for _ in range(3):
            pages = await asyncio.gather(*(anext(walk) for walk in walks))
            assert len({tuple(page) for page in pages}) == 1
    for walk in walks:
        await walk.aclose()
