"""Tokens of named consumers: what they open, until they are void."""

from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass

import httpx2
import pytest

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer, numbers
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.postgres import Connection
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_ADMIN = httpx2.BasicAuth("admin", "a")
_CONFIGURATION = {"RegisteredUsers": {"admin": "a", "feed": "f"}, "UserRoles": {"feed": "feed"}}


@pytest.fixture
async def client(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask a service that wants to know who is asking."""
    configuration = Configuration.model_validate(_CONFIGURATION)
    async with serving(settings, configuration, blobs) as client:

        async def ready() -> bool:
            return (await client.get("/feed/consumers", auth=_ADMIN)).status_code == 200

        await eventually(ready)
        yield client


@dataclass(frozen=True, slots=True)
class Bearer(httpx2.Auth):
    """Shows a token."""

    token: str

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


async def made(client: httpx2.AsyncClient, name: str) -> str:
    """Make a consumer's token."""
    answer = await client.post(f"/feed/consumers/{name}/token", auth=_ADMIN)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    token: str = answer.json()["Token"]
    return token


async def test_a_token_reads_its_consumer(
    client: httpx2.AsyncClient, writer: FeedWriter, connection: Connection
) -> None:
    """The whole way of its reader, and the feeds; nothing else; and nobody finds it in the database or the answers."""
    await writer.store(Instance("1.1"))
    for name in ("pacs", "other"):
        path = f"/feed/consumers/{name}"
        assert (await client.put(path, json={"Start": "earliest"}, auth=_ADMIN)).is_success
    token = await made(client, "pacs")
    client.auth = Bearer(token)
    pacs = NamedConsumer(client)
    page = await pacs.entries()
    assert numbers(page) == [1, 2, 3, 4]
    assert (await pacs.ack(page)).status_code == 200
    assert token not in str(await pacs.show())
    for path in ("/changes", "/changefeed", "/v2/changefeed", "/feed/entries"):
        assert (await client.get(path)).status_code == 200
    for path in ("/feed/consumers", "/feed/consumers/other", "/feed/consumers/other/entries"):
        assert (await client.get(path)).status_code == 403
    assert (await client.post("/feed/consumers/pacs/token")).status_code == 403
    assert (await client.delete("/feed/consumers/pacs")).status_code == 403
    kept = await connection.fetch("SELECT * FROM changefeed.consumer_tokens")
    assert [row["consumer"] for row in kept] == ["pacs"]
    assert token not in str(kept)


async def test_a_token_becomes_void(client: httpx2.AsyncClient) -> None:
    """By another one, by DELETE, or with its consumer, at once."""
    pacs = "/feed/consumers/pacs"
    await client.put(pacs, json={}, auth=_ADMIN)
    first, second = await made(client, "pacs"), await made(client, "pacs")

    async def status(token: str) -> int:
        return (await client.get("/changes", auth=Bearer(token))).status_code

    assert (await status(first), await status(second)) == (401, 200)
    assert (await client.delete(f"{pacs}/token", auth=_ADMIN)).json() == {}
    assert await status(second) == 401
    assert (await client.delete(f"{pacs}/token", auth=_ADMIN)).status_code == 404
    third = await made(client, "pacs")
    assert await status(third) == 200
    await client.delete(pacs, auth=_ADMIN)
    assert await status(third) == 401
    assert (await client.post(f"{pacs}/token", auth=_ADMIN)).status_code == 404


async def test_refusals_in_azures_form(client: httpx2.AsyncClient) -> None:
    """Whoever guesses too often is told so as dicom-server tells its errors; elsewhere in Orthanc's form."""
    for _ in range(10):
        assert (await client.get("/v1/changefeed", auth=("feed", "wrong"))).status_code == 401
    azure = await client.get("/v1/changefeed", auth=("feed", "f"))
    orthanc = await client.get("/changes", auth=("feed", "f"))
    assert azure.status_code == orthanc.status_code == 429
    assert azure.text == "Too many failures to log in: try again later."
    assert "api-supported-versions" in azure.headers
    assert orthanc.json()["HttpStatus"] == 429
