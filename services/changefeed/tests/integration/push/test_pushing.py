"""Webhooks get every entry in order, at least once, whatever happens to them and to us."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from standardwebhooks import Webhook

from axial.changefeed.consumers.model import Consumer, PushTarget
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.filters import Filter
from axial.changefeed.push.pushing import ENDPOINT_DEAD, ENDPOINT_GONE
from axial.changefeed.testing.endpoint import (
    FAILS,
    HANGS,
    TAKEN,
    Answer,
    Endpoint,
    Posted,
    listening,
)
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.webhooks import SECRET, Create, Sending
from axial.common.identifiers import Level
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_LATER = Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "3600"})


async def has(endpoint: Endpoint, expected: Iterable[int]) -> None:
    """Wait until an endpoint has taken exactly these entries, in this order."""
    wanted = list(expected)

    def taken() -> None:
        assert endpoint.taken_ids == wanted

    await eventually(taken)


async def stands(store: ConsumerStore, name: str, **expected: object) -> Consumer:
    """Wait until the row of a consumer says this of it, or of its endpoint."""

    async def says() -> None:
        consumer = await store.get(name)
        for member, value in expected.items():
            assert (
                getattr(consumer if hasattr(consumer, member) else consumer.push, member) == value
            )

    await eventually(says)
    return await store.get(name)


def instances(count: int, first: int = 1) -> list[Instance]:
    """Name instances of one series, in a patient of their own."""
    return [
        Instance(f"1.{number}", f"1.{first}.3", f"1.{first}", f"P{first}")
        for number in range(first, first + count)
    ]


async def test_order_and_signature(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """What is there and what comes is sent in order, each signed so that a receiver can tell it is from us."""
    await writer.store(*instances(3))
    await create("pacs", endpoint)
    async with sending() as replica:
        await has(endpoint, range(1, 7))
        await writer.store(*instances(2, first=50))
        await writer.delete(instances(1)[0])
        await has(endpoint, range(1, writer.change_sequence + 1))
        await stands(store, "pacs", acknowledged=writer.change_sequence, last_status="204")
        count = replica.shown("deliveries_total", consumer="pacs", result="delivered")
        assert count == writer.change_sequence
        assert replica.shown("failing_seconds", consumer="pacs") == 0
    for posted in endpoint.taken:
        assert posted.path == "/hook?key=value"
        assert posted.headers["content-type"] == "application/cloudevents+json"
        assert posted.headers["webhook-id"] == posted.events[0]["id"]
        Webhook(SECRET).verify(posted.body, dict(posted.headers))


async def test_a_secret_is_changed(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Between two secrets both sign; the change is heard of without a restart."""
    other = "whsec_" + SECRET.removeprefix("whsec_").swapcase()
    await create("pacs", endpoint)
    async with sending():
        await writer.store(*instances(1))
        await has(endpoint, range(1, 5))
        assert await store.replace("pacs", Filter(), PushTarget(endpoint.url, (other, SECRET)))
        await writer.store(*instances(1, first=50))
        await has(endpoint, range(1, 9))
    last = endpoint.taken[-1]
    for secret in (SECRET, other):
        Webhook(secret).verify(last.body, dict(last.headers))


async def test_the_endpoint_goes_and_comes_back(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """While nothing listens the position stands; then everything comes, and the failures are forgotten."""
    await create("pacs", endpoint)
    async with sending() as replica:
        await writer.store(*instances(2))
        await has(endpoint, range(1, 6))
        await endpoint.stop()
        await writer.store(*instances(1, first=50))
        consumer = await stands(store, "pacs", last_status="connection refused", acknowledged=5)
        assert consumer.push
        assert consumer.push.failures
        assert consumer.push.failing_since
        await eventually(lambda: replica.shown("failing_seconds", consumer="pacs"))
        await endpoint.start()
        await has(endpoint, range(1, 10))
        await stands(store, "pacs", failures=0, failing_since=None, acknowledged=9)
        failed = replica.shown("deliveries_total", consumer="pacs", result="unreachable")
        assert failed


async def test_killed_anywhere(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """However often sender and endpoint die: nothing is missed, nothing overtakes, only the last is repeated."""
    chance = random.Random(7)  # noqa: S311 - not a secret

    def sometimes(_: Posted) -> Answer:
        return chance.choices([TAKEN, FAILS, Answer(instead=b"HTTP/1.1 2")], [8, 1, 1])[0]

    endpoint.answer = sometimes
    await create("single", endpoint)
    async with listening(sometimes) as other:
        await create("batches", other, batch=7)
        for round_ in range(8):
            async with sending():
                await writer.store(*instances(5, first=100 * (round_ + 1)))
                target = chance.randint(1, writer.change_sequence)
                await eventually(lambda target=target: max(endpoint.taken_ids, default=0) >= target)  # type: ignore[misc]
            if round_ % 2:
                await other.stop()
                await other.start()
        everything = list(range(1, writer.change_sequence + 1))
        async with sending():
            for name in ("single", "batches"):
                await stands(store, name, acknowledged=writer.change_sequence)
        for receiver in (endpoint, other):
            ids = receiver.taken_ids
            assert list(dict.fromkeys(ids)) == everything
            # A repetition goes back to what had been sent, but not acknowledged: one request at most.
            assert all(after - before >= -7 for before, after in itertools.pairwise(ids))


async def test_a_restart_does_not_forget_to_wait(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Retry-After is honoured, and the pause is in the consumer's row: another replica keeps to it."""
    endpoint.answer = lambda _: _LATER
    await create("pacs", endpoint)
    await writer.store(*instances(1))
    async with sending():
        consumer = await stands(store, "pacs", failures=1, last_status="503")
        assert consumer.push
        assert consumer.push.next_attempt_at
        wait = consumer.push.next_attempt_at - datetime.now(UTC)
        assert timedelta(minutes=59) < wait <= timedelta(hours=1)
    async with sending(), listening() as other:
        # That this one is served tells that the replica has begun to send.
        await create("other", other)
        await has(other, range(1, 5))
        assert len(endpoint.posted) == 1
        # Who does not want to wait resumes it.
        endpoint.answer = lambda _: TAKEN
        await store.resume("pacs")
        await has(endpoint, range(1, 5))


async def test_gone(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """410 ends it at once, until an operator resumes it; nothing is lost by that."""
    endpoint.answer = lambda _: Answer(HTTPStatus.GONE)
    await create("pacs", endpoint)
    await writer.store(*instances(1))
    async with sending() as replica:
        await stands(store, "pacs", paused=True, paused_reason=ENDPOINT_GONE, last_status="410")
        await eventually(lambda: replica.shown("dead", consumer="pacs") == 1)
        assert len(endpoint.posted) == 1
        endpoint.answer = lambda _: TAKEN
        await store.resume("pacs")
        await has(endpoint, range(1, 5))
        await eventually(lambda: replica.shown("dead", consumer="pacs") == 0)


async def test_dead(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """After failing for long enough it is paused, and shown as dead; resumed, it has as long again."""
    endpoint.answer = lambda _: FAILS
    await create("pacs", endpoint)
    await writer.store(*instances(1))
    async with sending(push_dead_after_seconds=0.5) as replica:
        await stands(store, "pacs", paused=True, paused_reason=ENDPOINT_DEAD, last_status="500")
        attempts = len(endpoint.posted)
        assert attempts > 1
        await eventually(lambda: replica.shown("dead", consumer="pacs") == 1)
        assert replica.shown("failing_seconds", consumer="pacs") == 0
        await store.resume("pacs")
        await eventually(lambda: len(endpoint.posted) > attempts + 1)
        endpoint.answer = lambda _: TAKEN
        await has(endpoint, range(1, 5))
        await stands(store, "pacs", paused=False, failures=0, acknowledged=4)


async def test_batches(
    writer: FeedWriter, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """An endpoint that takes batches gets as many as it takes, and nothing in another form."""
    await writer.store(*instances(8))
    await create("pacs", endpoint, batch=5)
    async with sending():
        await has(endpoint, range(1, 12))
    assert [len(posted.events) for posted in endpoint.taken] == [5, 5, 1]
    forms = {posted.headers["content-type"] for posted in endpoint.taken}
    assert forms == {"application/cloudevents-batch+json"}


async def test_only_what_is_wanted(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """What does not match is passed over, and what matches is sent in order."""
    await create("pacs", endpoint, wanted=Filter(levels=frozenset({Level.INSTANCE})))
    await writer.store(*instances(2), *instances(1, first=50))
    async with sending():
        await has(endpoint, [1, 5, 6])
        await stands(store, "pacs", acknowledged=6)


async def test_a_poisonous_entry(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """An entry that the endpoint cannot take holds up the rest until it is skipped; replayed, it is sent alone."""
    endpoint.answer = lambda posted: _LATER if 3 in posted.ids else TAKEN
    consumer = await create("pacs", endpoint)
    await writer.store(*instances(2))
    async with sending() as replica:
        await stands(store, "pacs", acknowledged=2, failures=1)
        assert await store.skip("pacs", 3, "the receiver has a bug")
        # Nobody waits an hour for what is not sent any more.
        await has(endpoint, [1, 2, 4, 5])
        await stands(store, "pacs", acknowledged=5, failures=0)
        endpoint.answer = lambda _: TAKEN
        (entry,) = (await replica.entries.after(2, Filter(), 1)).entries
        delivery = await replica.redeliver(consumer, entry)
        assert (delivery.delivered, delivery.told) == (True, "204")
        assert endpoint.taken_ids == [1, 2, 4, 5, 3]
        await stands(store, "pacs", acknowledged=5, skipped_count=1)


async def test_one_endpoint_delays_no_other(
    writer: FeedWriter, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Beside endpoints that hang, fail and are not there, a healthy one gets everything at once."""
    async with contextlib.AsyncExitStack() as stack:
        # More than an HTTP client has connections, if nobody tells it otherwise.
        for number in range(110):
            sick = await stack.enter_async_context(listening(lambda _: HANGS))
            await create(f"sick-{number}", sick)
        failing = await stack.enter_async_context(listening(lambda _: FAILS))
        await create("failing", failing)
        await create("healthy", endpoint)
        async with sending(push_timeout_seconds=3600.0):
            for round_ in range(5):
                await writer.store(*instances(4, first=100 * (round_ + 1)))
                await has(endpoint, range(1, writer.change_sequence + 1))


async def test_rewound_in_the_middle(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """A delivery that was under way when somebody rewound does not undo it."""
    await writer.store(*instances(3))
    asked, rewound = asyncio.Event(), asyncio.Event()

    def hold(posted: Posted) -> Answer:
        if 6 in posted.ids:
            asked.set()
            return Answer(after=rewound)
        return TAKEN

    endpoint.answer = hold
    await create("pacs", endpoint)
    async with sending(push_timeout_seconds=60.0):
        await asked.wait()
        await store.rewind("pacs", 2)
        rewound.set()
        await has(endpoint, [1, 2, 3, 4, 5, 6, 3, 4, 5, 6])
        await stands(store, "pacs", acknowledged=6)


async def test_decisions_are_heard(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Made, moved to another endpoint and deleted while the replica runs."""
    async with sending() as replica, listening() as other:
        await replica.leads()
        await create("pacs", endpoint)
        await writer.store(*instances(1))
        await has(endpoint, range(1, 5))
        assert await store.replace("pacs", Filter(), PushTarget(other.url, (SECRET,)))
        await writer.store(*instances(1, first=50))
        await has(other, range(5, 9))
        assert endpoint.taken_ids == [1, 2, 3, 4]
        name = "failing_seconds"
        assert replica.shown(name, consumer="pacs") == 0
        await store.delete("pacs")
        await eventually(lambda: replica.shown(name, consumer="pacs") is None)


async def test_paused_is_silent(
    writer: FeedWriter, store: ConsumerStore, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Nothing is sent while a consumer is paused, and everything after."""
    await create("pacs", endpoint)
    async with sending(), listening() as other:
        await writer.store(*instances(1))
        await has(endpoint, range(1, 5))
        await store.pause("pacs", "maintenance")
        # This one is heard of after the pause, and gets what comes after it.
        await create("other", other)
        await has(other, range(1, 5))
        await writer.store(*instances(1, first=50))
        await has(other, range(1, 9))
        assert endpoint.taken_ids == [1, 2, 3, 4]
        await store.resume("pacs")
        await has(endpoint, range(1, 9))
