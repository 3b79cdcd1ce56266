"""Named consumers are made, changed, shown, paused and deleted by HTTP."""

import base64
from typing import Any

import httpx2
import pytest

from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer, numbers

pytestmark = pytest.mark.integration

_SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
_PUSH = {"Url": "http://127.0.0.1:9/hook", "Secrets": [_SECRET], "Batch": 3}


async def test_made_and_shown(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A new consumer starts at the end of the feed, and is shown with all that is known of it."""
    await writer.store(Instance("1.1"))
    answer = await pacs.put()
    assert answer.status_code == 201
    assert answer.headers["X-Changes-Watermark"].startswith("4;")
    created = answer.json().pop("Created")
    assert created.endswith("Z")
    assert await pacs.show() == {
        "Name": "pacs",
        "Created": created,
        "Filter": {"ChangeTypes": [], "Levels": [], "Modalities": [], "AETs": [], "Studies": []},
        "Generation": answer.json()["Generation"],
        "Acknowledged": 4,
        "Lag": 0,
        "Oldest": None,
        "Paused": False,
        "PausedReason": "",
        "Skipped": 0,
        "Push": None,
    }
    await writer.store(Instance("1.2"))
    shown = await pacs.show()
    assert shown["Lag"] == 1
    assert (shown["Oldest"]["Seq"], shown["Oldest"]["Date"]) == (5, "2026-11-20T23:58:01Z")
    assert shown["Oldest"]["AgeSeconds"] >= 0


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("earliest", 1),
        ("latest", None),
        ({"Seq": 4}, 5),
        ({"Seq": 6}, None),
        ({"Time": "2026-11-20T23:58:01Z"}, 5),
        ({"Time": "2026-11-20T23:58:00.0000001Z"}, 5),
        ({"Time": "2026-11-20T23:58:00Z"}, 1),
        ({"Time": "1990-01-01T00:00:00+01:00"}, 1),
        ({"Time": "2099-01-01T00:00:00Z"}, None),
    ],
)
async def test_where_it_starts(
    pacs: NamedConsumer, writer: FeedWriter, start: object, first: int | None
) -> None:
    """At the beginning, at the end, behind a number, or with the first entry not before a time."""
    await writer.store(*(Instance(f"1.{n}") for n in range(3)))  # 1 to 4, 5 and 6, a second apart
    assert (await pacs.put(Start=start)).status_code == 201
    found = numbers(await pacs.entries("?limit=1"))
    assert found == ([] if first is None else [first])


async def test_changed(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A change keeps the position; another filter is another generation, the same one is not."""
    await writer.store(Instance("1.1"))
    made = (await pacs.put(Start={"Seq": 2})).json()
    same = await pacs.put(Start="latest")
    assert same.status_code == 200
    assert (same.json()["Generation"], same.json()["Acknowledged"]) == (made["Generation"], 2)
    page = await pacs.entries()
    changed = (await pacs.put(Filter={"Levels": ["Patient"]})).json()
    assert changed["Filter"]["Levels"] == ["Patient"]
    assert changed["Generation"] > made["Generation"]
    assert (await pacs.ack(page)).status_code == 409
    assert numbers(await pacs.entries()) == [4]


async def test_what_was_not_wanted_before_the_change_comes_after_it(
    pacs: NamedConsumer, writer: FeedWriter
) -> None:
    """A reader that searched with the old filter cannot pass over what the new one wants."""
    await pacs.put(Filter={"Modalities": ["MR"]})
    await writer.store(Instance("1.1"))
    page = await pacs.entries()
    assert (page["Entries"], page["Last"]) == ([], 4)
    await pacs.put(Filter={})
    assert (await pacs.ack(page)).status_code == 409


async def test_secrets_are_never_shown(pacs: NamedConsumer, client: httpx2.AsyncClient) -> None:
    """Of secrets the number is told; a change without them keeps them."""
    answer = await pacs.put(Push=_PUSH)
    assert answer.status_code == 201
    assert answer.json()["Push"] == {
        "Url": "http://127.0.0.1:9/hook",
        "Secrets": 1,
        "Batch": 3,
        "Failures": 0,
        "FailingSince": None,
        "NextAttempt": None,
        "LastStatus": "",
    }
    everything = [answer.text, (await client.get("/feed/consumers?expand")).text]
    kept = await pacs.put(Push={"Url": "http://127.0.0.1:9/other"})
    assert kept.status_code == 200
    assert kept.json()["Push"]["Secrets"] == 1
    everything += [kept.text, (await client.get("/metrics")).text]
    assert not any(_SECRET.removeprefix("whsec_") in text for text in everything)
    assert (await pacs.put()).json()["Push"] is None
    assert (await pacs.put(Push={"Url": "http://127.0.0.1:9/"})).status_code == 400


async def test_a_webhook_needs_a_secret(pacs: NamedConsumer) -> None:
    """Nothing is sent unsigned."""
    answer = await pacs.put(Push={"Url": "http://127.0.0.1:9/"})
    assert answer.status_code == 400
    assert answer.json()["Details"] == "Push.Secrets: at least one is needed to sign with"


async def test_a_webhook_is_not_read_from(pacs: NamedConsumer) -> None:
    """Entries go one way only: two readers of one position would each miss what the other takes."""
    generation = (await pacs.put(Push=_PUSH)).json()["Generation"]
    for answer in (
        await pacs.client.get(f"{pacs.path}/entries"),
        await pacs.post("ack", Seq=0, Generation=generation),
    ):
        assert (answer.status_code, answer.json()["OrthancStatus"]) == (409, 43)


async def test_listed(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """By name, and with `expand` with all that is known."""
    assert (await client.get("/feed/consumers")).json() == []
    for name in ("b", "a", "c"):
        await NamedConsumer(client, name).put(Start="earliest")
    await writer.store(Instance("1.1"))
    assert (await client.get("/feed/consumers")).json() == ["a", "b", "c"]
    answer = await client.get("/feed/consumers?expand")
    assert answer.headers["X-Changes-Watermark"].startswith("4;")
    assert [(c["Name"], c["Oldest"]["Seq"]) for c in answer.json()] == [
        ("a", 1), ("b", 1), ("c", 1),
    ]  # fmt: skip


async def test_paused_and_resumed(pacs: NamedConsumer) -> None:
    """A paused consumer gives nothing, and says why; what is in hand may be acknowledged."""
    await pacs.put()
    page = await pacs.entries()
    paused = (await pacs.post("pause", Reason="migration on Sunday")).json()
    assert (paused["Paused"], paused["PausedReason"]) == (True, "migration on Sunday")
    assert (await pacs.client.get(f"{pacs.path}/entries")).status_code == 409
    assert (await pacs.ack(page)).status_code == 200
    resumed = (await pacs.client.post(f"{pacs.path}/resume")).json()
    assert (resumed["Paused"], resumed["PausedReason"]) == (False, "")
    assert (await pacs.client.post(f"{pacs.path}/pause")).status_code == 200


async def test_deleted(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A deleted consumer is unknown, and one made under its name is not taken for it."""
    await writer.store(Instance("1.1"))
    await pacs.put(Start="earliest")
    page = await pacs.entries()
    assert (await pacs.client.delete(pacs.path)).status_code == 200
    assert (await pacs.ack(page)).status_code == 404
    await pacs.put(Start="earliest")
    assert (await pacs.ack(page)).status_code == 409
    assert numbers(await pacs.entries()) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/entries", None),
        ("POST", "/ack", {"Seq": 0, "Generation": 1}),
        ("POST", "/rewind", {"Seq": 0}),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/skip", {"Seq": 1, "Reason": "x"}),
        ("GET", "/skipped", None),
        ("POST", "/skipped/1/replay", None),
    ],
)
async def test_unknown(client: httpx2.AsyncClient, method: str, path: str, body: Any) -> None:
    """A consumer that is not there is told of in Orthanc's way."""
    answer = await client.request(method, f"/feed/consumers/nobody{path}", json=body)
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, 17)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("ack", {"Seq": 5, "Generation": 1}),
        ("rewind", {"Seq": 5}),
        ("rewind", {}),
        ("skip", {"Seq": 1}),
    ],
)
async def test_refused(
    pacs: NamedConsumer, writer: FeedWriter, action: str, body: dict[str, int]
) -> None:
    """What lies beyond the feed's end, or is malformed, is a bad request."""
    await writer.store(Instance("1.1"))
    await pacs.put()
    answer = await pacs.post(action, **body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("query", ["limit=x", "wait=", "limit=1.5", "wait=1e3"])
async def test_refused_queries(pacs: NamedConsumer, query: str) -> None:
    """Numbers are numbers; one out of its bounds is brought into them."""
    await pacs.put()
    answer = await pacs.client.get(f"{pacs.path}/entries?{query}")
    assert answer.status_code == 400
    assert (await pacs.entries("?limit=0&wait=-1"))["Done"] is True


async def test_refused_names(client: httpx2.AsyncClient) -> None:
    """A name that could not be a metric's label is refused."""
    assert (await client.put("/feed/consumers/Not%20So", json={})).status_code == 400


async def test_the_number_is_limited(client: httpx2.AsyncClient) -> None:
    """Beyond the limit none is made, those there are can be changed, and one that goes makes room."""
    for number in range(30):
        assert (await NamedConsumer(client, f"c{number}").put()).status_code == 201
    one_more = NamedConsumer(client, "one-more")
    answer = await one_more.put()
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (409, 43)
    assert (await NamedConsumer(client, "c0").put()).status_code == 200
    await client.delete("/feed/consumers/c0")
    assert (await one_more.put()).status_code == 201
