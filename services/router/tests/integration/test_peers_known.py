"""`/peers` on a real Postgres: who they are, for all replicas, without their secrets."""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest

from axial.common.configuration import Configuration
from axial.common.errors import NotFound
from axial.common.testing.eventually import eventually
from axial.router.jobs.opening import prepare_jobs
from axial.router.parts import Parts
from axial.router.peers.opening import Peers, open_peers

pytestmark = pytest.mark.integration

OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]
Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

CONFIGURED = {
    "OrthancPeers": {
        "near": ["http://near:8042", "alice", "secret"],
        "far": {
            "Url": "https://far/orthanc",
            "HttpHeaders": {"X-Key": "secret"},
            "Timeout": 7,
            "Site": "B",
        },
    }
}


@pytest.fixture
def configuration() -> Configuration:
    """Name two peers in the configuration."""
    return Configuration.model_validate(CONFIGURED)


@pytest.fixture
async def peers(parts: Parts) -> AsyncIterator[Peers]:
    """Open the peers of one replica."""
    async with open_peers(parts, prepare_jobs(parts).jobs) as peers:
        yield peers


@pytest.fixture
async def client(peers: Peers, asking: Asking) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask its routes."""
    async with asking(*peers.routes) as client:
        yield client


async def test_those_of_the_configuration(client: httpx2.AsyncClient) -> None:
    """By name or in full, with everything but what is secret."""
    for form in ("", "?expand=false", "?expand=0"):
        assert (await client.get(f"/peers{form}")).json() == ["far", "near"]
    assert (await client.get("/peers?expand=maybe")).status_code == 400
    expanded = await client.get("/peers?expand")
    assert expanded.json() == {
        "far": {
            "HttpHeaders": ["X-Key"],
            "Pkcs11": False,
            "Site": "B",
            "Timeout": 7,
            "Url": "https://far/orthanc/",
        },
        "near": {
            "HttpHeaders": [],
            "Password": None,
            "Pkcs11": False,
            "Timeout": 0,
            "Url": "http://near:8042/",
            "Username": "alice",
        },
    }
    assert "secret" not in expanded.text
    operations = (await client.get("/peers/near")).json()
    assert operations == ["configuration", "store", "store-straight", "system"]


async def test_put_and_delete(client: httpx2.AsyncClient, peers: Peers) -> None:
    """What was put is there at once, what was deleted stays so; the others keep their connections."""
    far = peers.known.get("far").server
    put = await client.put("/peers/new", content=b'["http://new"]')
    assert (put.status_code, put.text) == (200, "")
    assert (await client.get("/peers/new/configuration")).json()["Url"] == "http://new/"
    assert (await client.put("/peers/near", content=b'["http://nearer"]')).is_success
    assert (await client.get("/peers/near/configuration")).json()["Url"] == "http://nearer/"
    for name in ("new", "near"):
        assert (await client.delete(f"/peers/{name}")).is_success
    assert (await client.get("/peers")).json() == ["far"]
    assert peers.known.get("far").server is far
    again = await client.delete("/peers/near")
    assert (again.status_code, again.json()["OrthancStatus"]) == (404, 7)


async def test_other_replicas_hear_of_it(client: httpx2.AsyncClient, open_parts: OpenParts) -> None:
    """Soon by themselves, for what they send; at once where they are asked; and all again after a restart."""
    async with (
        open_parts() as parts,
        open_peers(parts, prepare_jobs(parts).jobs) as other,
    ):
        assert other.destinations.find("new") is None
        secret = b'["http://new", "al", "secret"]'
        assert (await client.put("/peers/new", content=secret)).is_success
        await client.delete("/peers/far")
        await eventually(lambda: "far" not in other.known.all, within=5)
        found = other.known.find("new")
        assert found is not None
        assert found.peer.password.get_secret_value() == "secret"
        assert other.destinations.find("new") is not None
    async with open_parts() as parts, open_peers(parts, prepare_jobs(parts).jobs) as restarted:
        assert list(restarted.known.all) == ["near", "new"]


@dataclass
class _Nothing:
    """A job in hand that has nothing to send."""

    parameters: Mapping[str, Any]
    id: str = "job"
    state: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=lambda: {"Size": "0"})

    async def step(self, progress: float) -> None:
        """Go on."""

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Keep nothing."""
        raise AssertionError(key, pieces, media_type, filename)


async def test_a_job_sends_to_whom_another_replica_has_acknowledged(
    peers: Peers, parts: Parts
) -> None:
    """Whoever runs it looks who the peer is by now, also when the ring was lost or is still on its way."""
    nothing = {"instances": [], "resources": [], "permissive": False, "originator": None}
    job = _Nothing({**nothing, "peer": "new", "compress": False, "transcode": "", "remote": "new"})
    with pytest.raises(NotFound):
        await peers.store.run(job)
    unheard = "INSERT INTO peers (name, definition) VALUES ('new', $1)"
    await parts.pool.execute(unheard, json.dumps({"Url": "http://new"}))
    await peers.store.run(job)


async def test_the_user_as_whom_a_peer_sends(client: httpx2.AsyncClient) -> None:
    """It is no secret, and no property of the user's own."""
    peer = {"Url": "http://new", "SenderUsername": "far"}
    assert (await client.put("/peers/new", json=peer)).is_success
    shown = (await client.get("/peers/new/configuration")).json()
    assert shown["SenderUsername"] == "far"


async def test_the_configurations_may_be_ignored(parts: Parts) -> None:
    """When the database is to be the only one who knows."""
    alone = Configuration.model_validate({**CONFIGURED, "OrthancPeersInDatabase": True})
    parts = replace(parts, configuration=alone)
    async with open_peers(parts, prepare_jobs(parts).jobs) as peers:
        assert list(peers.known.all) == []


async def test_what_cannot_be_is_refused(client: httpx2.AsyncClient) -> None:
    """A peer or a name that is none, and whatever is wanted of a peer that is not there: with Orthanc's numbers."""
    for method, path, body, told in (
        ("PUT", "/peers/new", b'["http://a", "secret"]', (400, 15)),
        ("PUT", "/peers/a.b", b'["http://a"]', (400, 15)),
        ("PUT", f"/peers/{secrets.token_hex(2000)}", b'["http://a"]', (400, 15)),
        ("PUT", "/peers/new", b'["http://al:secret/x@a"]', (400, 15)),
        ("PUT", "/peers/new", b'{"Url": "https://a", "CertificateFile": "/none"}', (404, 13)),
        ("GET", "/peers/none", b"", (404, 17)),
        ("GET", "/peers/none/configuration", b"", (404, 17)),
        ("GET", "/peers/none/system", b"", (404, 17)),
        ("POST", "/peers/none/store", b"[]", (404, 17)),
        ("POST", "/peers/none/store-straight", b"", (404, 17)),
    ):
        answer = await client.request(method, path, content=body)
        assert (answer.status_code, answer.json()["OrthancStatus"]) == told, (method, path)
        assert "secret" not in answer.text
    assert (await client.get("/peers")).json() == ["far", "near"]
