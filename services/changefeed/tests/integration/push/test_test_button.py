"""`POST /feed/consumers/{name}/test`: what an operator presses before relying on a webhook."""

from http import HTTPStatus

import httpx2
import pytest
from standardwebhooks import Webhook

from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.filters import Filter
from axial.changefeed.testing.endpoint import Answer, Endpoint
from axial.changefeed.testing.webhooks import SECRET, Create

pytestmark = pytest.mark.integration

_PATH = "/feed/consumers/pacs/test"


async def test_a_healthy_endpoint(
    client: httpx2.AsyncClient, store: ConsumerStore, endpoint: Endpoint, create: Create
) -> None:
    """A signed event is sent at once, also while the consumer is paused; its position stays."""
    before = await create("pacs", endpoint)
    for _ in range(2):
        answer = await client.post(_PATH)
        assert answer.status_code == 200
        told = answer.json()
        assert told.pop("DurationMs") >= 0
        assert told == {"Delivered": True, "Status": 204, "Error": None}
        await store.pause("pacs", "maintenance")
    assert len(endpoint.taken) == 2
    for posted in endpoint.taken:
        Webhook(SECRET).verify(posted.body, dict(posted.headers))
        assert posted.events[0]["type"] == "org.axial.test"
    assert len({posted.events[0]["id"] for posted in endpoint.taken}) == 2
    after = await store.get("pacs")
    assert (after.acknowledged, after.push) == (before.acknowledged, before.push)


async def test_a_sick_endpoint(
    client: httpx2.AsyncClient, store: ConsumerStore, endpoint: Endpoint, create: Create
) -> None:
    """The operator is told the status or a kind of failure, never what the endpoint says; it counts for nothing."""
    await create("pacs", endpoint)
    endpoint.answer = lambda _: Answer(HTTPStatus.BAD_GATEWAY, body=b"words of the endpoint")
    answer = await client.post(_PATH)
    assert (answer.json()["Delivered"], answer.json()["Status"]) == (False, 502)
    await endpoint.stop()
    answer = await client.post(_PATH)
    told = answer.json()
    assert (told["Delivered"], told["Status"]) == (False, None)
    assert told["Error"] == "connection refused"
    assert "words" not in answer.text
    push = (await store.get("pacs")).push
    assert push
    assert push.failures == 0
    await endpoint.start()


async def test_nothing_to_test(client: httpx2.AsyncClient, store: ConsumerStore) -> None:
    """A consumer that reads by itself has no endpoint, and an unknown one nothing at all."""
    assert await store.create("reader", Filter(), None, 0, 10)
    answer = await client.post("/feed/consumers/reader/test")
    assert answer.status_code == 409
    assert (await client.post("/feed/consumers/unknown/test")).status_code == 404
