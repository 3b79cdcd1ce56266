"""`/feed/entries` shows the whole history, as rich as it is known, page by page."""

import httpx2
import pytest

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.identifiers import Level

pytestmark = pytest.mark.integration

CT = Instance("1.1.1", "1.1", "1", "P1", modality="CT", aet="CT1")
MR = Instance("2.1.1", "2.1", "2", "P2", modality="MR", aet="MR1")


async def page(client: httpx2.AsyncClient, query: str = "") -> dict[str, object]:
    """Read a page."""
    answer = await client.get(f"/feed/entries{query}")
    assert answer.status_code == 200, answer.text
    read: dict[str, object] = answer.json()
    return read


async def sequences(client: httpx2.AsyncClient, query: str) -> list[int]:
    """Read the numbers of the entries of a page."""
    answer = await client.get(f"/feed/entries{query}")
    return [entry["Seq"] for entry in answer.json()["Entries"]]


async def test_an_entry_says_all_that_is_known(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """It names its resource, study, modalities and senders, and the row of Azure's feed of the same fact."""
    await writer.store(CT)
    answer = await client.get("/feed/entries")
    assert answer.headers["x-changes-watermark"] == "4;2026-11-20T23:58:00Z"
    assert [entry["ChangeType"] for entry in answer.json()["Entries"]] == [
        "NewInstance",
        "NewSeries",
        "NewStudy",
        "NewPatient",
    ]
    assert answer.json()["Entries"][0] == {
        "Seq": 1,
        "ChangeType": "NewInstance",
        "ResourceType": "Instance",
        "ID": CT.ids.instance,
        "Path": f"/instances/{CT.ids.instance}",
        "Date": "2026-11-20T23:58:00Z",
        "Study": CT.ids.study,
        "StudyInstanceUID": "1",
        "Modalities": ["CT"],
        "AETs": ["CT1"],
        "Instance": {
            "Sequence": 1,
            "Action": "create",
            "StudyInstanceUID": "1",
            "SeriesInstanceUID": "1.1",
            "SOPInstanceUID": "1.1.1",
        },
    }
    patient = answer.json()["Entries"][3]
    assert "Study" not in patient
    assert "Instance" not in patient


async def test_what_is_deleted_stays(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Rows that `/changes` hides are there, and the deletions that hide them, cleared or not."""
    await writer.store(CT)
    await writer.delete(CT)
    await writer.clear()
    assert (await client.get("/changes")).json()["Changes"] == []
    read = await page(client)
    assert read["Done"] is True
    assert read["Last"] == 8
    assert await sequences(client, "?type=Deleted") == [5, 6, 7, 8]


@pytest.mark.parametrize("start", [0, 7, 40])
async def test_pages_join_without_a_seam(
    client: httpx2.AsyncClient, writer: FeedWriter, start: int
) -> None:
    """Pages of any size, each behind the `Last` of the one before, give every entry once."""
    await writer.store(*(Instance(f"1.1.{n}") for n in range(40)))
    for limit in (1, 7, 43, 1000):
        since, seen, done = start, [], False
        while not done:
            read = (await client.get(f"/feed/entries?since={since}&limit={limit}")).json()
            seen += [entry["Seq"] for entry in read["Entries"]]
            since, done = read["Last"], read["Done"]
        assert seen == list(range(start + 1, 44))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?type=NewInstance", [1, 5, 9]),
        ("?type=NewStudy;NewSeries", [2, 3, 6, 7]),
        ("?type=NewStudy&type=NewSeries", [2, 3, 6, 7]),
        ("?level=Patient", [4, 8]),
        ("?modality=MR", [5, 6, 7]),
        ("?aet=CT1&level=Instance", [1, 9]),
        ("?study=1", [1, 2, 3, 9]),
        (f"?study={MR.ids.study}", [5, 6, 7]),
        ("?study=1&modality=MR", []),
        ("?aet=NOBODY", []),
    ],
)
async def test_filters(
    client: httpx2.AsyncClient, writer: FeedWriter, query: str, expected: list[int]
) -> None:
    """Each condition lets through what it names; all of them must hold; memory and database agree."""
    await writer.store(CT, MR, Instance("1.1.2", "1.1", "1", "P1", aet="CT1"))
    assert await sequences(client, query) == expected
    # From far behind the end of the feed it is the database that filters.
    await writer.connection.execute(
        "INSERT INTO feed.changes SELECT n, 12, 1, 'x', 0, 1, NULL, NULL, NULL, NULL, '{}', '{}'"
        " FROM generate_series(10, 10000) AS n"
    )
    writer.change_sequence = 10_000
    await writer.change(ChangeType.STABLE_PATIENT, Level.PATIENT, CT.ids.patient)
    if "level=Patient" not in query:
        assert await sequences(client, query) == expected


async def test_the_two_feeds_name_each_other(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """Azure's number leads to the entry of the same fact, which says it."""
    await writer.store(CT, MR)
    await writer.update(CT)
    await writer.delete(MR)
    azure = (await client.get("/v1/changefeed?limit=100&includeMetadata=false")).json()
    assert [row["Sequence"] for row in azure] == [1, 2, 3, 4]
    for row in azure:
        entry = (await client.get(f"/feed/entries?sequence={row['Sequence']}")).json()
        assert entry["Instance"]["Sequence"] == row["Sequence"]
        assert entry["Instance"]["Action"] == row["Action"]
        assert entry["Instance"]["SOPInstanceUID"] == row["SopInstanceUid"]
        assert (await client.get(f"/feed/entries/{entry['Seq']}")).json() == entry


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?since=x", 400),
        ("?since=-1", 400),
        ("?limit=x", 400),
        ("?wait=soon", 400),
        ("?type=NewThing", 400),
        ("?level=instances", 400),
        ("?sequence=x", 400),
        ("?sequence=1", 404),
        ("/1", 404),
        ("/0", 404),
        ("/x", 400),
        ("?limit=0", 200),
        ("?limit=99999999", 200),
        ("?since=99999999999999999999", 400),
        ("?since=9999999999999999999", 200),
    ],
)
async def test_what_is_asked_wrongly(client: httpx2.AsyncClient, path: str, status: int) -> None:
    """Words that are no numbers or unknown are refused in Orthanc's way; numbers out of range are moved into it."""
    answer = await client.get(f"/feed/entries{path}")
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["HttpStatus"] == status
