"""`/changes` as Orthanc answers it (orthanc-rest.md, C.2), and the history behind it."""

from typing import Any

import httpx2
import pytest

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.identifiers import Level

pytestmark = pytest.mark.integration


async def changes(client: httpx2.AsyncClient, query: str = "") -> dict[str, Any]:
    """Read a page."""
    answer = await client.get(f"/changes{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    page: dict[str, Any] = answer.json()
    return page


def numbers(page: dict[str, Any]) -> list[int]:
    """List the sequence numbers of a page."""
    return [change["Seq"] for change in page["Changes"]]


async def test_new_instance_of_a_new_patient(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """Four changes in Orthanc's order, with First, Last and Done, under a watermark."""
    instance = Instance("1.2.3.4")
    await writer.store(instance)
    page = await changes(client)
    assert [change["ChangeType"] for change in page["Changes"]] == [
        "NewInstance", "NewSeries", "NewStudy", "NewPatient",
    ]  # fmt: skip
    assert page["Changes"][0] == {
        "ChangeType": "NewInstance",
        "Date": "20261120T235800",
        "ID": instance.ids.instance,
        "Path": f"/instances/{instance.ids.instance}",
        "ResourceType": "Instance",
        "Seq": 1,
    }
    assert page["Changes"][3]["Path"] == f"/patients/{instance.ids.patient}"
    assert (page["First"], page["Last"], page["Done"]) == (1, 4, True)
    answer = await client.get("/changes")
    assert answer.headers["X-Changes-Watermark"] == "4;2026-11-20T23:58:00Z"


async def test_empty_log(client: httpx2.AsyncClient) -> None:
    """Nothing has happened: Last is 0 and First is left out."""
    assert await changes(client) == {"Changes": [], "Done": True, "Last": 0}


@pytest.mark.parametrize(
    ("query", "expected", "done"),
    [
        ("", [*range(1, 11)], True),
        ("?limit=3", [1, 2, 3], False),
        ("?since=3&limit=3", [4, 5, 6], False),
        ("?since=7&limit=3", [8, 9, 10], True),
        ("?since=10", [], True),
        ("?since=99", [], True),
        ("?limit=0", [], False),
        ("?since=9223372036854775807", [], True),
        ("?to=4", [1, 2, 3, 4], True),
        ("?to=4&limit=3", [2, 3, 4], False),
        ("?to=4&since=0&limit=3", [2, 3, 4], False),
        ("?since=2&to=5", [3, 4, 5], True),
        ("?since=2&to=5&limit=2", [3, 4], False),
        ("?to=0", [], True),
        ("?last", [10], True),
        ("?last=no&since=3&limit=1&type=nonsense", [10], True),
        ("?since=x&limit=2&to=3", [*range(1, 11)], True),
        ("?since=5&limit=2.5", [*range(1, 11)], True),
        ("?since=5&limit=", [*range(1, 11)], True),
        ("?type=NewInstance&limit=4", [1, 5, 6, 7], False),
        ("?type=NewStudy;NewPatient", [3, 4], True),
        ("?type=All&limit=2", [1, 2], False),
        ("?type=NewStudy;all", [*range(1, 11)], True),
        ("?type=NewChildInstance", [], True),
        ("?type=NewInstance&to=6&limit=1", [6], False),
    ],
)
async def test_pages(
    client: httpx2.AsyncClient, writer: FeedWriter, query: str, expected: list[int], *, done: bool
) -> None:
    """Each combination of since, to, limit, type and last gives its rows, First, Last and Done."""
    await writer.store(*(Instance(f"1.{n}") for n in range(7)))  # changes 1 to 10
    page = await changes(client, query)
    assert numbers(page) == expected
    assert page["Done"] is done
    assert page.get("First") == (expected[0] if expected else None)
    assert page["Last"] == (expected[-1] if expected else 10)


@pytest.mark.parametrize("query", ["?type=Nonsense", "?type=NewStudy;x", "?include-deleted=maybe"])
async def test_refusals(client: httpx2.AsyncClient, query: str) -> None:
    """An unknown change type is a bad request, told in Orthanc's way."""
    answer = await client.get(f"/changes{query}")
    assert answer.status_code == 400
    assert answer.json()["OrthancStatus"] == 3


async def test_deleted_resources_are_hidden(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """After a deletion the log is empty, as Orthanc's; Last stays, and the history is whole."""
    await writer.store(Instance("1.1"))
    await writer.delete(Instance("1.1"))
    assert await changes(client) == {"Changes": [], "Done": True, "Last": 8}
    assert await changes(client, "?last") == {"Changes": [], "Done": True, "Last": 8}
    history = await changes(client, "?include-deleted=true")
    assert numbers(history) == [*range(1, 9)]
    assert [change["ChangeType"] for change in history["Changes"][4:]] == ["Deleted"] * 4
    assert numbers(await changes(client, "?include-deleted&type=Deleted&limit=1")) == [5]


async def test_stored_again_after_deletion(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Only what happened since the resource came back is shown."""
    await writer.store(Instance("1.1"), Instance("1.2"))
    await writer.delete(Instance("1.1"))  # change 6
    await writer.store(Instance("1.1"))
    assert numbers(await changes(client)) == [2, 3, 4, 5, 7]


async def test_numbers_beyond_32_bits(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Sequence numbers go on where Orthanc's integers end."""
    writer.change_sequence = 2**33
    await writer.change(ChangeType.STABLE_STUDY, Level.STUDY, Instance("1.1").ids.study)
    page = await changes(client, f"?since={2**33}")
    assert (page["First"], page["Last"]) == (2**33 + 1, 2**33 + 1)


async def test_clearing_is_a_view(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Clearing hides what has happened, numbering continues, and the history is still there."""
    await writer.store(Instance("1.1"))
    assert len(numbers(await changes(client))) == 4
    await writer.clear()
    assert await changes(client) == {"Changes": [], "Done": True, "Last": 4}
    assert await changes(client, "?last") == {"Changes": [], "Done": True, "Last": 4}
    await writer.store(Instance("1.2"))
    assert numbers(await changes(client)) == [5]
    assert numbers(await changes(client, "?include-deleted=true")) == [1, 2, 3, 4, 5]


async def test_wrong_method(client: httpx2.AsyncClient) -> None:
    """Orthanc answers a method it does not know without a body."""
    for method in ("POST", "DELETE"):
        answer = await client.request(method, "/changes")
        assert (answer.status_code, answer.content) == (405, b"")
