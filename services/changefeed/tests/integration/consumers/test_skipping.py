"""A poisonous entry is left out, is remembered with its reason, and can be delivered after all."""

import pytest

from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer, numbers

pytestmark = pytest.mark.integration


async def test_never_again(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A skipped entry is not delivered, after a rewind neither; others come in their order."""
    await pacs.put()
    await writer.store(Instance("1.1"), Instance("1.2"))
    assert (await pacs.post("skip", Seq=2, Reason="crashes the viewer")).json() == {}
    assert numbers(await pacs.entries()) == [1, 3, 4, 5]
    assert (await pacs.show())["Skipped"] == 1
    assert await pacs.drain(limit=2) == [1, 3, 4, 5]
    await pacs.post("rewind", Seq=0)
    assert await pacs.drain(limit=1) == [1, 3, 4, 5]


async def test_the_only_one(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """Whoever is stuck at a skipped entry is behind no more."""
    await pacs.put(Filter={"Levels": ["Patient"]})
    await writer.store(Instance("1.1"))
    assert (await pacs.show())["Oldest"]["Seq"] == 4
    await pacs.post("skip", Seq=4, Reason="no such department")
    shown = await pacs.show()
    assert (shown["Oldest"], shown["Lag"]) == (None, 0)
    assert (await pacs.entries("?wait=1"))["Last"] == 4


async def test_recorded(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """What was left out is listed with its reason, its time and its entry, page by page."""
    await pacs.put()
    await writer.store(Instance("1.1"))
    for sequence, reason in ((3, "too new"), (1, "ö, größer"), (1, "again")):
        await pacs.post("skip", Seq=sequence, Reason=reason)
    answer = (await pacs.client.get(f"{pacs.path}/skipped")).json()
    assert [(s["Seq"], s["Reason"]) for s in answer] == [(1, "ö, größer"), (3, "too new")]
    assert answer[0]["Entry"]["ChangeType"] == "NewInstance"
    assert answer[0]["SkippedAt"].endswith("Z")
    assert answer[0]["ReplayedAt"] is answer[0]["ReplayResult"] is None
    page = (await pacs.client.get(f"{pacs.path}/skipped?since=1&limit=5")).json()
    assert [s["Seq"] for s in page] == [3]


@pytest.mark.parametrize("sequence", [1, 4, 5])
async def test_what_cannot_be_skipped(
    pacs: NamedConsumer, writer: FeedWriter, sequence: int
) -> None:
    """What is acknowledged, not wanted, or not there."""
    await pacs.put(Filter={"Levels": ["Instance", "Series"]}, Start="earliest")
    await writer.store(Instance("1.1"))
    page = await pacs.entries("?limit=1")
    await pacs.ack(page)
    answer = await pacs.post("skip", Seq=sequence, Reason="x")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (409, 43)
    assert (await pacs.post("skip", Seq=2, Reason="x")).status_code == 200


async def test_delivered_after_all(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A reader gets the entry in the answer, as often as it asks; it stays out of the order."""
    await pacs.put()
    await writer.store(Instance("1.1"))
    await pacs.post("skip", Seq=1, Reason="crashes the viewer")
    for _ in range(2):
        answer = await pacs.client.post(f"{pacs.path}/skipped/1/replay")
        assert answer.status_code == 200
        replay = answer.json()
        assert (replay["Delivered"], replay["Entry"]["Seq"]) == (True, 1)
        assert (replay["ReplayResult"], replay["Reason"]) == ("returned", "crashes the viewer")
    (listed,) = (await pacs.client.get(f"{pacs.path}/skipped")).json()
    assert listed["ReplayedAt"] == replay["ReplayedAt"]
    assert numbers(await pacs.entries()) == [2, 3, 4]


@pytest.mark.parametrize("sequence", ["2", "99", "x", "-1", "1" * 40])
async def test_only_what_was_skipped(
    pacs: NamedConsumer, writer: FeedWriter, sequence: str
) -> None:
    """Another entry is not replayed: it comes, or came, by itself."""
    await pacs.put()
    await writer.store(Instance("1.1"))
    await pacs.post("skip", Seq=1, Reason="x")
    answer = await pacs.client.post(f"{pacs.path}/skipped/{sequence}/replay")
    assert answer.status_code == 404


async def test_a_dead_webhook_takes_no_replay(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """What became of a replay is told and kept."""
    await pacs.put(Start="earliest")
    await writer.store(Instance("1.1"))
    await pacs.post("skip", Seq=4, Reason="x")
    await pacs.post("pause")
    secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
    # Nobody listens on the port of the discard service.
    await pacs.put(Push={"Url": "http://127.0.0.1:9/", "Secrets": [secret]})
    replay = (await pacs.client.post(f"{pacs.path}/skipped/4/replay")).json()
    assert (replay["Delivered"], replay["ReplayResult"]) == (False, "connection refused")
