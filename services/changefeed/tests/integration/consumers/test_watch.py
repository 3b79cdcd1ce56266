"""The figures of the consumers, for operators and their alerts."""

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer
from axial.common.testing.eventually import eventually
from axial.common.ticks import TICKS_PER_SECOND, Ticks

pytestmark = pytest.mark.integration


async def figures(client: httpx2.AsyncClient, name: str) -> dict[str, float]:
    """Read the figures of one consumer, by the middle of their names."""
    answer = await client.get("/metrics")
    return {
        sample.name.removeprefix("axial_changefeed_consumer_"): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.labels.get("consumer") == name and sample.name.endswith(
            ("_entries", "_seconds", "_paused", "_sequence", "_total")
        )
    }  # fmt: skip


async def settled(client: httpx2.AsyncClient, name: str, **expected: float) -> None:
    """Wait until the figures are as expected."""

    async def agree() -> None:
        shown = await figures(client, name)
        assert {key: shown.get(key) for key in expected} == expected

    await eventually(agree)


async def test_lag_and_age(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """How far a consumer is behind, since when, and that it is not when it has caught up."""
    await pacs.put()
    await settled(pacs.client, "pacs", lag_entries=0, oldest_age_seconds=0, paused=0)
    await writer.store(Instance("1.1"))
    await settled(pacs.client, "pacs", lag_entries=4, acknowledged_sequence=0)
    shown = await pacs.show()
    age = (await figures(pacs.client, "pacs"))["oldest_age_seconds"]
    assert age == pytest.approx(shown["Oldest"]["AgeSeconds"], abs=5)
    page = await pacs.entries("?limit=3")
    await pacs.ack(page)
    await pacs.post("skip", Seq=4, Reason="x")
    await settled(
        pacs.client, "pacs",
        lag_entries=0, oldest_age_seconds=0, acknowledged_sequence=4, skipped_entries=1, deliveries_total=3,
    )  # fmt: skip


async def test_the_oldest_is_the_oldest_that_is_wanted(
    pacs: NamedConsumer, writer: FeedWriter
) -> None:
    """What a consumer does not want does not age it; neither does an old entry that it has taken."""
    writer.ticks = Ticks(FIRST_TICKS - 1000 * TICKS_PER_SECOND)
    await writer.store(Instance("1.1"))
    writer.ticks = FIRST_TICKS
    await pacs.put(Filter={"Modalities": ["MR"]}, Start="earliest")
    await settled(pacs.client, "pacs", lag_entries=0, oldest_age_seconds=0)
    await writer.store(Instance("2.1", series="2.3", study="2", modality="MR"))
    await settled(pacs.client, "pacs", lag_entries=len((await pacs.entries())["Entries"]))
    assert (await pacs.show())["Oldest"]["Date"] == "2026-11-20T23:58:00Z"


async def test_positions_move_by_themselves(
    pacs: NamedConsumer, writer: FeedWriter, store: ConsumerStore
) -> None:
    """The position in the database moves over what is not wanted, and never over what is."""
    await pacs.put(Filter={"Modalities": ["MR"]})
    await writer.store(Instance("1.1"))
    await settled(pacs.client, "pacs", acknowledged_sequence=4)

    async def position() -> int:
        return (await store.get("pacs")).acknowledged

    async def moved(to: int) -> bool:
        return await position() == to

    await eventually(lambda: moved(4))
    await writer.store(Instance("2.1", series="2.3", study="2", modality="MR"), Instance("1.2"))
    await settled(pacs.client, "pacs", lag_entries=4)
    assert await position() == 4


async def test_paused(pacs: NamedConsumer) -> None:
    """A consumer that rests is shown to rest."""
    await pacs.put()
    await pacs.post("pause", Reason="x")
    await settled(pacs.client, "pacs", paused=1)
    await pacs.post("resume")
    await settled(pacs.client, "pacs", paused=0)


async def test_a_series_ends_with_its_consumer(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """What is deleted is not shown any more."""
    await pacs.put()
    await writer.store(Instance("1.1"))
    await pacs.entries()
    await settled(pacs.client, "pacs", lag_entries=4, deliveries_total=4)
    await pacs.client.delete(pacs.path)

    async def gone() -> bool:
        return await figures(pacs.client, "pacs") == {}

    await eventually(gone)
