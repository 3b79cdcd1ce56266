"""How many requests a service has in hand at once."""

import asyncio
from collections import Counter

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from axial.common.configuration import Configuration
from axial.common.service import new_api
from axial.common.settings import ServiceSettings
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.unit


class Crowded:
    """A service that has two requests in hand, and is asked for more."""

    def __init__(self) -> None:
        token = SecretStr("token of the services")
        settings = ServiceSettings(internal_token=token, maximum_requests=2)
        self.service = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self.registry = CollectorRegistry()
        self.app: FastAPI = new_api("ingest", settings, Configuration(), self.registry, {})
        self.in_hand = 0
        self.end = asyncio.Event()
        self.app.add_api_route("/x", self._wait, methods=["POST"])

    async def _wait(self) -> str:
        self.in_hand += 1
        await self.end.wait()
        return "done"


@pytest.fixture
def crowded() -> Crowded:
    """Give one."""
    return Crowded()


async def test_one_more_is_told_to_come_again(crowded: Crowded) -> None:
    """503 in Orthanc's form, in a second again; services and health are answered, and later everybody is."""
    transport = httpx2.ASGITransport(app=crowded.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(client.post("/x")) for _ in range(2)]
            await eventually(lambda: crowded.in_hand == 2)
            refused = await client.post("/x")
            assert (refused.status_code, refused.json()["OrthancStatus"]) == (503, 36)
            assert refused.json()["Details"] == "Too many requests at once; try again later"
            assert refused.headers["retry-after"] == "1"
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/metrics")).status_code == 200
            service = tasks.create_task(client.post("/x", headers=crowded.service))
            await eventually(lambda: crowded.in_hand == 3)
            crowded.end.set()
        answers = [task.result().status_code for task in (*waiting, service)]
        answers += [(await client.post("/x")).status_code for _ in range(5)]
    assert Counter(answers) == {200: 8}
    refusals = crowded.registry.get_sample_value(
        "axial_ingest_http_refused_total", {"reason": "too_many_requests"}
    )
    assert refusals == 1
