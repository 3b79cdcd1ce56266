"""The cases A1 to A48 of the Azure change feed that a reader can meet, named by their numbers.

Left out: A27 and A29 to A31, which are about writing; A40 to A43, which need the whole system; A46, partitions.
"""

from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx2
import pydicom
import pytest
from pydantic import SecretStr
from pydicom.dataset import Dataset

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance, header_of
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.testing.blobs import MemoryBlobStore

pytestmark = pytest.mark.integration

Client = httpx2.AsyncClient


def instances(count: int) -> list[Instance]:
    """Name instances of one series."""
    return [Instance(f"1.2.3.{n}") for n in range(1, count + 1)]


def time_of(sequence: int) -> str:
    """Write the time of an entry; the writer puts a second between two."""
    return f"2026-11-20T23:58:{sequence - 1:02d}Z"


async def entries(client: Client, path: str) -> list[dict[str, Any]]:
    """Read a page."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    page: list[dict[str, Any]] = answer.json()
    return page


def told(page: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """Say of each entry: sequence, action, state."""
    return [(entry["Sequence"], entry["Action"], entry["State"]) for entry in page]


def numbers(page: list[dict[str, Any]]) -> list[int]:
    """List the sequences of a page."""
    return [entry["Sequence"] for entry in page]


async def test_a1_empty_feed(client: Client) -> None:
    """An empty server has an empty feed."""
    assert await entries(client, "/v1/changefeed") == []
    assert await entries(client, "/v2/changefeed") == []


async def test_a2_empty_latest(client: Client) -> None:
    """The newest entry of an empty feed is 204 without a body."""
    for path in ("/v1/changefeed/latest", "/v2/changefeed/latest", "/changefeed/latest"):
        answer = await client.get(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["X-Changefeed-Watermark"] == "0;1970-01-01T00:00:00Z"


async def test_a3_ten_instances(client: Client, writer: FeedWriter) -> None:
    """Ten stored instances are ten entries, ascending, current, with metadata."""
    await writer.store(*instances(10))
    page = await entries(client, "/v1/changefeed")
    assert told(page) == [(n, "create", "current") for n in range(1, 11)]
    assert all(
        entry["Metadata"]["00080018"]["Value"] == [entry["SopInstanceUid"]] for entry in page
    )


async def test_a4_a5_default_limits(client: Client, writer: FeedWriter) -> None:
    """Version 1 gives ten by default, version 2 a hundred."""
    await writer.store(*instances(12))
    assert numbers(await entries(client, "/v1/changefeed?offset=0")) == [*range(1, 11)]
    assert numbers(await entries(client, "/v2/changefeed")) == [*range(1, 13)]


V1_LIMIT = "'limit' is invalid. The field limit must be between 1 and 100."
V2_LIMIT = "'Limit' is invalid. The field Limit must be between 1 and 200."
V2_OFFSET = "'Offset' is invalid. The field Offset must be between 0 and 9.223372036854776E+18."
NO_ZONE = "'StartTime' is invalid. Date and time value must specify a time zone."
MORNING = "2023-05-03T10:58:00"
NOON = "2023-05-03T12:00:00"


def not_valid(name: str, value: str, of: str = "") -> str:
    """Say that a value cannot be read."""
    return f"'{name}' is invalid. The value '{value}' is not valid{of}."


def no_window(start: str, end: str) -> str:
    """Say that a window is empty or upside down."""
    return (
        f"'' is invalid. The start time '{start}.0000000+00:00'"
        f" must occur strictly before the end time '{end}.0000000+00:00'."
    )


@pytest.mark.parametrize(
    ("case", "path", "body"),
    [
        ("A6", "v1/changefeed?limit=101", V1_LIMIT),
        ("A7", "v2/changefeed?limit=201", V2_LIMIT),
        ("A8", "v1/changefeed?limit=0", V1_LIMIT),
        ("A8", "v1/changefeed?limit=-1", V1_LIMIT),
        ("A8", "v2/changefeed?limit=0", V2_LIMIT),
        ("A8", "v2/changefeed?limit=-1", V2_LIMIT),
        ("A8", "v1/changefeed?limit=blah", not_valid("limit", "blah")),
        ("A8", "v2/changefeed?limit=blah", not_valid("Limit", "blah", " for Limit")),
        ("A9", "v1/changefeed?offset=-1", V2_OFFSET.replace("Offset", "offset")),
        ("A9", "v2/changefeed?offset=-1", V2_OFFSET),
        (
            "A9",
            "v2/changefeed?offset=92233720368547758070",
            not_valid("Offset", "92233720368547758070", " for Offset"),
        ),
        ("A9", "v2/changefeed?offset=blah", not_valid("Offset", "blah", " for Offset")),
        ("A10", "v1/changefeed?includeMetadata=0", not_valid("includeMetadata", "0")),
        ("A10", "v2/changefeed?includeMetadata=yes", not_valid("includeMetadata", "yes")),
        ("A10", "v1/changefeed/latest?includeMetadata=x", not_valid("includeMetadata", "x")),
        ("A13", f"v2/changefeed?startTime=foo&endTime={NOON}Z", "'StartTime' is invalid. "),
        ("A13", f"v2/changefeed?startTime={NOON}Z&endTime=bar", "'EndTime' is invalid. "),
        ("A14", f"v2/changefeed?startTime={MORNING}&endTime={NOON}Z", NO_ZONE),
        (
            "A14",
            f"v2/changefeed?startTime={MORNING}Z&endTime={NOON}",
            NO_ZONE.replace("Start", "End"),
        ),
        ("A15", f"v2/changefeed?startTime={NOON}Z&endTime={NOON}Z", no_window(NOON, NOON)),
        ("A15", f"v2/changefeed?startTime={NOON}Z&endTime={MORNING}Z", no_window(NOON, MORNING)),
        (
            "A15",
            "v2/changefeed?endTime=0001-01-01T00:00:00Z",
            no_window("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ),
        ("A17", "v2/changefeed?startTime=2023-04-26", NO_ZONE),
    ],
)
async def test_refused_queries(client: Client, case: str, path: str, body: str) -> None:
    """A bad query is 400 with one line of plain text, to the byte."""
    answer = await client.get(f"/{path}")
    expected = f"The query parameter {body}"
    assert (case, answer.status_code, answer.text) == (case, 400, expected)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["v1/changefeed?limit=%3Cscript%3E", "v2/changefeed/latest?x=%3c"])
async def test_a45_markup(client: Client, path: str) -> None:
    """A query with markup is refused before anything else, and nothing of it is echoed."""
    answer = await client.get(f"/{path}")
    assert answer.status_code == 400
    assert answer.text == "The query string included invalid characters."


@pytest.mark.parametrize(
    ("case", "path"),
    [
        ("A6", "/v1/changefeed?limit=100"),
        ("A7", "/v2/changefeed?limit=200"),
        ("A11", "/v1/changefeed?includeMetadata=TRUE"),
        ("A11", "/v2/changefeed?INCLUDEMETADATA=false"),
        ("A18", "/v1/changefeed?startTime=foo"),
        ("A36", "/v1/changefeed?offset=9223372036854775807"),
        ("A36", "/v2/changefeed?offset=9223372036854775807"),
        ("A38", "/v2.0/changefeed"),
        ("A38", "/v1.0-prerelease/changefeed"),
        ("A38", "/v1.0/changefeed"),
        ("A47", "/v1/changefeed"),
    ],
)
async def test_accepted_queries(client: Client, case: str, path: str) -> None:
    """These are answered; every success names the versions and is JSON in UTF-8 (A47)."""
    answer = await client.get(path)
    assert (case, answer.status_code, answer.text) == (case, 200, "[]")
    assert answer.headers["api-supported-versions"] == "1.0-prerelease, 1, 2"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_a12_without_metadata(client: Client, writer: FeedWriter) -> None:
    """Metadata can be left out; the state cannot."""
    await writer.store(*instances(1))
    for path in ("/v1/changefeed", "/v2/changefeed"):
        (entry,) = await entries(client, f"{path}?includemetadata=false")
        assert "Metadata" not in entry
        assert entry["State"] == "current"
    latest = (await client.get("/v1/changefeed/latest?includemetadata=false")).json()
    assert "Metadata" not in latest
    assert latest["State"] == "current"


@pytest.mark.parametrize(
    "start",
    [
        "Fri, 20 Nov 2026 23:58:01 GMT",
        "2026-11-20T16:58:01-07:00",
        "2026-11-21T01:58:01+02:00",
        "2026-11-21T01:58:01.0000000+2",
        "2026-11-20T23:58:01Z",
    ],
)
async def test_a16_forms_of_time(client: Client, writer: FeedWriter, start: str) -> None:
    """RFC 1123 and ISO 8601 with an offset name the same moment."""
    await writer.store(*instances(3))
    page = await entries(client, f"/v2/changefeed?startTime={quote(start)}")
    assert numbers(page) == [2, 3]


async def test_a16_plus_must_be_escaped(client: Client) -> None:
    """A literal plus is a space in a query, and then no time."""
    answer = await client.get("/v2/changefeed?startTime=2026-11-21T01:58:01+02:00")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("case", "query", "expected"),
    [
        ("A19", f"startTime={time_of(1)}", [1, 2, 3]),
        ("A20", f"endTime={time_of(1)}", []),
        ("A20", f"endTime={time_of(2)}", [1]),
        ("A21", f"startTime={time_of(1)}&endTime={time_of(3)}&offset=0&limit=1", [1]),
        ("A21", f"startTime={time_of(1)}&endTime={time_of(3)}&offset=1&limit=1", [2]),
        ("A21", f"startTime={time_of(1)}&endTime={time_of(3)}&offset=2&limit=1", []),
        ("A22", f"startTime={time_of(2)}&offset=2", []),
        ("A23", "startTime=2026-11-20T23:58:02.001Z", []),
        ("A23", "startTime=2026-11-20T23:58:01.9999999Z", [3]),
        ("A23", "startTime=2026-11-20T23:58:02.0000001Z", []),
    ],
)
async def test_windows(
    client: Client, writer: FeedWriter, case: str, query: str, expected: list[int]
) -> None:
    """A window includes its start, excludes its end, and is paged by skipping rows."""
    await writer.store(*instances(3))
    assert (case, numbers(await entries(client, f"/v2/changefeed?{query}"))) == (case, expected)


async def test_a24_a25_deleted(client: Client, writer: FeedWriter) -> None:
    """After a deletion both entries are deleted and carry no metadata."""
    await writer.store(*instances(1))
    await writer.delete(*instances(1))
    latest = (await client.get("/v2/changefeed/latest")).json()
    assert told([latest]) == [(2, "delete", "deleted")]
    page = await entries(client, "/v2/changefeed")
    assert told(page) == [(1, "create", "deleted"), (2, "delete", "deleted")]
    assert all("Metadata" not in entry for entry in [latest, *page])


async def test_a26_stored_again(client: Client, writer: FeedWriter) -> None:
    """After store, delete, store: replaced, replaced, current; all with the newest metadata."""
    (instance,) = instances(1)
    await writer.store(instance)
    await writer.delete(instance)
    await writer.store(instance, header=header_of(instance, PatientName="New^Name"))
    page = await entries(client, "/v1/changefeed")
    assert told(page) == [
        (1, "create", "replaced"), (2, "delete", "replaced"), (3, "create", "current"),
    ]  # fmt: skip
    names = [entry["Metadata"]["00100010"]["Value"][0]["Alphabetic"] for entry in page]
    assert names == ["New^Name"] * 3


async def test_a28_study_deleted_at_once(client: Client, writer: FeedWriter) -> None:
    """Deleting three instances at once is three entries with sequences of their own."""
    await writer.store(*instances(3))
    await writer.delete(*instances(3))
    page = await entries(client, "/v1/changefeed?offset=3")
    assert told(page) == [(n, "delete", "deleted") for n in (4, 5, 6)]
    times = [entry["Timestamp"] for entry in page]
    assert times == sorted(times)


async def test_a32_a33_update_then_delete(client: Client, writer: FeedWriter) -> None:
    """An update replaces the creates and shows on all eight; a deletion ends all twelve."""
    four = instances(4)
    await writer.store(*four)
    for instance in four:
        await writer.update(instance, header_of(instance, PatientName="New^Name"))
    page = await entries(client, "/v2/changefeed")
    assert told(page) == [
        *((n, "create", "replaced") for n in (1, 2, 3, 4)),
        *((n, "update", "current") for n in (5, 6, 7, 8)),
    ]
    assert {e["Metadata"]["00100010"]["Value"][0]["Alphabetic"] for e in page} == {"New^Name"}
    await writer.delete(*four)
    page = await entries(client, "/v2/changefeed")
    assert [state for _, _, state in told(page)] == ["deleted"] * 12
    assert not any("Metadata" in entry for entry in page)


async def test_a34_a35_gap(client: Client, writer: FeedWriter) -> None:
    """Version 1 is a window of sequences, whatever is missing in it; version 2 skips rows."""
    await writer.store(*instances(5))
    writer.instance_sequence = 8  # as a foreign feed may have it: Axial's fold leaves no gap
    await writer.store(Instance("1.9"), Instance("1.10"))
    assert await entries(client, "/v1/changefeed?offset=5&limit=3") == []
    assert (await client.get("/v1/changefeed/latest")).json()["Sequence"] == 10
    assert numbers(await entries(client, "/v1/changefeed?offset=8")) == [9, 10]
    assert numbers(await entries(client, "/v2/changefeed?offset=5")) == [9, 10]


async def test_a37_unversioned_path_off(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """The setting turns paths without a version off."""
    configuration = Configuration(unversioned_change_feed=False)
    async with serving(settings, configuration, blobs) as client:
        assert (await client.get("/changefeed")).status_code == 404
        assert (await client.get("/changefeed/latest")).status_code == 404
        assert (await client.get("/v1/changefeed")).status_code == 200


async def test_a37_unversioned_path_on(client: Client, writer: FeedWriter) -> None:
    """Without a version the feed is version 2 when a time is named, otherwise version 1."""
    await writer.store(*instances(12))
    assert len(await entries(client, "/changefeed")) == 10
    assert len(await entries(client, f"/changefeed?starttime={time_of(1)}")) == 12
    assert numbers(await entries(client, f"/changefeed?EndTime={time_of(3)}")) == [1, 2]
    assert (await client.get("/changefeed/latest")).json()["Sequence"] == 12


async def test_a38_other_versions(client: Client) -> None:
    """A version that does not exist is 400 with a JSON error, what is no version 404."""
    answer = await client.get("/v3/changefeed")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "UnsupportedApiVersion"
    assert (await client.get("/v2.1/changefeed/latest")).status_code == 400
    assert (await client.get("/vfoo/changefeed")).status_code == 404
    for method in ("POST", "PUT", "DELETE"):
        assert (await client.request(method, "/v1/changefeed")).status_code == 405


async def test_a39_no_bulk_data(client: Client, writer: FeedWriter) -> None:
    """OB, OW and their like are missing at any depth; the rest is there."""
    (instance,) = instances(1)
    dataset = pydicom.dcmread(BytesIO(header_of(instance, PatientName="Doe^Jane")))
    item = Dataset()
    item.add_new(0x00281201, "OW", b"\1\2")
    item.add_new(0x00281101, "US", [1, 0, 16])
    dataset.add_new(0x00880200, "SQ", [item])
    dataset.private_block(0x0009, "AXIAL TEST", create=True).add_new(1, "OB", b"\1\2")
    buffer = BytesIO()
    dataset.save_as(buffer)
    await writer.store(instance, header=buffer.getvalue())
    metadata = (await entries(client, "/v1/changefeed"))[0]["Metadata"]
    assert "00091001" not in metadata
    assert metadata["00880200"]["Value"] == [{"00281101": {"vr": "US", "Value": [1, 0, 16]}}]
    assert metadata["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    assert not any(tag.startswith("0002") for tag in metadata)


async def test_a44_credentials(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """With users registered, a stranger gets 401 and a user the feed."""
    configuration = Configuration(registered_users={"alice": SecretStr("secret")})
    async with serving(settings, configuration, blobs) as client:
        assert (await client.get("/v1/changefeed")).status_code == 401
        assert (await client.get("/changes")).status_code == 401
        assert (await client.get("/v1/changefeed", auth=("alice", "secret"))).status_code == 200


async def test_a48_pages_are_stable(client: Client, writer: FeedWriter) -> None:
    """Entries one tick apart keep their order through pages of any size."""
    writer.step = 1
    await writer.store(*instances(7))
    for limit in (1, 2, 3):
        seen: list[int] = []
        while page := await entries(client, f"/v2/changefeed?offset={len(seen)}&limit={limit}"):
            seen += numbers(page)
        assert seen == [*range(1, 8)]


async def test_casing_of_dicom_server(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """The other spelling has camel case names, capitalised values, a partition and an offset."""
    await writer.store(*instances(1))
    configuration = Configuration(change_feed_casing="dicom-server")
    async with serving(settings, configuration, blobs) as client:
        (entry,) = await entries(client, "/v1/changefeed")
        metadata = entry.pop("metadata")
        assert metadata["00080018"]["Value"] == ["1.2.3.1"]
        assert entry == {
            "sequence": 1,
            "partitionName": "Microsoft.Default",
            "studyInstanceUid": "1.2",
            "seriesInstanceUid": "1.2.3",
            "sopInstanceUid": "1.2.3.1",
            "action": "Create",
            "timestamp": "2026-11-20T23:58:00+00:00",
            "state": "Current",
        }


async def test_watermark(client: Client, writer: FeedWriter) -> None:
    """Every answer names the highest sequence and the time up to which windows are closed."""
    await writer.store(*instances(3))
    high_water = f"3;{time_of(3)}"
    for path in ("/v1/changefeed?offset=2", "/v2/changefeed?offset=99", "/v1/changefeed/latest"):
        assert (await client.get(path)).headers["X-Changefeed-Watermark"] == high_water
