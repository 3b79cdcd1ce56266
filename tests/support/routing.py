"""What rules know of an instance, made up; and the replicas that carry rules out."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx2

from axial.common.events import ResourceStabilized
from axial.common.identifiers import Level, ResourceId
from axial.common.peers import Peer
from axial.common.postgres import Connection
from axial.common.ticks import Ticks
from axial.dimse.sending.instances import Instance
from axial.router.index_client import Outbound
from axial.router.parts import Parts
from axial.router.rules.changes import Change
from axial.router.rules.facts import Facts
from axial.router.rules.opening import PreparedRules
from support.archive import Archive

CT = "1.2.840.10008.5.1.4.1.1.2"


def facts(name: str = "a", series: str = "series", *, done: bool = False, **tags: str) -> Facts:
    """Tell of an instance that a modality has sent; of its tags only Modality is given by name."""
    return Facts(
        outbound=Outbound(Instance(name, CT, f"1.2.{name}", "1.2.840.10008.1.2.1"), 100, "0" * 32),
        study_id=ResourceId("study"),
        series_id=ResourceId(series),
        series_is_done=done,
        received=Ticks(0),
        origin="DicomProtocol",
        remote_aet="CT1",
        called_aet="AXIAL",
        remote_ip="10.1.2.3",
        http_username="",
        tags={0x00080060: tags.get("Modality", "CT")},
    )


def change(sequence: int, kind: str = "NewInstance", resource: str = "a") -> Change:
    """Tell of a change in the study."""
    return Change(
        sequence,
        kind,
        ResourceId(resource),
        None if kind == "StablePatient" else ResourceId("study"),
        Ticks(0),
        is_deletion=kind == "Deleted",
    )


PEERS = {"spare": Peer.model_validate({"Url": "http://192.0.2.7/"})}


@dataclass
class Doors(httpx2.AsyncBaseTransport):
    """The way to services in this process, by port; what is `away` cannot be reached."""

    apps: dict[int, httpx2.AsyncBaseTransport] = field(default_factory=dict)
    away: set[int] = field(default_factory=set)
    refused: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass a request on."""
        port = request.url.port or 80
        if port in self.away:
            self.refused += 1
            raise httpx2.ConnectError("away")
        return await self.apps[port].handle_async_request(request)


@dataclass
class Replica:
    """One replica of the router, as far as rules are concerned."""

    parts: Parts
    prepared: PreparedRules
    client: httpx2.AsyncClient

    async def deliveries(self) -> list[tuple[str, str, list[str], str]]:
        """List destination, instance, rules and state of all deliveries, in order."""
        rows = await self.parts.pool.fetch(
            "SELECT destinations.name, instance, rules, state FROM deliveries"
            " JOIN destinations ON destinations.id = destination ORDER BY deliveries.id"
        )
        return [tuple(row) for row in rows]

    async def position(self) -> int | None:
        """Return how far rules were carried out."""
        value: int | None = await self.parts.pool.fetchval("SELECT sequence FROM rules_position")
        return value

    async def put(
        self, name: str, trigger: Any = "NewInstance", to: str = "pacs", **members: Any
    ) -> httpx2.Response:
        """Make a rule that sends to a modality."""
        document = {"Trigger": trigger, "Destinations": [{"Modality": to}], **members}
        answer = await self.client.put(f"/router/rules/{name}", json=document)
        assert answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED), answer.text
        return answer

    async def stabilize(self, archive: Archive, level: Level, resource_id: ResourceId) -> None:
        """Let a resource come to rest."""
        arrived = await self.parts.pool.fetchval(
            "SELECT arrived_ticks FROM index.resources WHERE id = $1", resource_id
        )
        await archive.project(
            ResourceStabilized(level=level, resource_id=resource_id, arrived_ticks=arrived)
        )


OpenReplica = Callable[[], AbstractAsyncContextManager[Replica]]


async def blocked(operator: Connection, but: Collection[int] = ()) -> int:
    """Name the connection of somebody else who waits for a lock of a table."""
    victim = await operator.fetchval(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'relation'"
    )
    assert victim is not None
    assert victim not in but
    return int(victim)
