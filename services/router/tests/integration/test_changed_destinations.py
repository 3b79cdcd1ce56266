"""A destination that is another one by now does not have to wait for what the former one has done."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from axial.router.jobs.opening import prepare_jobs
from axial.router.modalities.managing import changing_routes
from axial.router.parts import Parts
from axial.router.peers.opening import open_peers

pytestmark = pytest.mark.integration

_AWAY = """
INSERT INTO destinations (kind, name, failures, open_until) VALUES ($1, 'there', 7, now() + interval '1 hour')
"""
_LEFT_ALONE = "SELECT open_until IS NOT NULL FROM destinations"


@pytest.fixture
async def client(parts: Parts, asking: object) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask for changes of destinations."""
    async with open_peers(parts, prepare_jobs(parts).jobs) as peers:
        modalities = changing_routes(parts.modalities, parts.log, parts.pool)
        async with asking(modalities, *peers.routes) as client:  # type: ignore[operator] # a fixture of all parts
            yield client


@pytest.mark.parametrize(
    ("kind", "path", "told"),
    [
        ("modality", "/modalities/there", ["THERE", "127.0.0.1", 104]),
        ("peer", "/peers/there", ["http://127.0.0.1/"]),
    ],
)
async def test_it_is_tried_at_once(
    parts: Parts, client: httpx2.AsyncClient, kind: str, path: str, told: list[object]
) -> None:
    """What is put under another name changes nothing; under its own, nothing is waited for any more."""
    await parts.pool.execute(_AWAY, kind)
    heard = parts.bell.heard("deliveries")
    assert (await client.put(f"{path}-2", json=told)).is_success
    assert await parts.pool.fetchval(_LEFT_ALONE)
    assert (await client.put(path, json=told)).is_success
    assert not await parts.pool.fetchval(_LEFT_ALONE)
    await parts.bell.after("deliveries", heard, 30.0)
    assert parts.bell.heard("deliveries") > heard
