"""The rules of one process, put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from axial.common.modalities import Modality
from axial.common.peers import Peer
from axial.common.service import background
from axial.router.jobs.kind import Kind, Submission
from axial.router.parts import Parts
from axial.router.peers.known import KnownPeers
from axial.router.rules.asking import Asking
from axial.router.rules.asking_routes import asking_routes
from axial.router.rules.collecting import Collector
from axial.router.rules.consumer import Consumer
from axial.router.rules.directory import KnownDirectory
from axial.router.rules.feed import FeedClient
from axial.router.rules.metrics import RuleMetrics
from axial.router.rules.reading import Rules
from axial.router.rules.replay import RoutingReplay
from axial.router.rules.routes import rule_routes
from axial.router.rules.store import RuleStore


@dataclass(frozen=True, slots=True)
class PreparedRules:
    """Rules that can be asked, and the kind of job that asks them about the past."""

    asking: Asking
    replay: Kind


def prepare_rules(parts: Parts, find_peer: Callable[[str], Peer | None]) -> PreparedRules:
    """Prepare to ask rules; BadConfiguration when the configuration's cannot be understood."""
    settings = parts.settings

    def find_modality(name: str) -> Modality | None:
        return parts.modalities.value.get(name)

    asking = Asking(
        Rules(parts.configuration, RuleStore(parts.pool)),
        FeedClient(parts.http, settings.changefeed_url, settings.internal_token),
        Collector(parts.index),
        KnownDirectory(find_modality, find_peer),
    )
    return PreparedRules(asking, RoutingReplay(asking, parts.pool))


def finding_peers(known: KnownPeers) -> Callable[[str], Peer | None]:
    """Find peers, as they are when they are looked for."""

    def find(name: str) -> Peer | None:
        found = known.find(name)
        return None if found is None else found.peer

    return find


@asynccontextmanager
async def open_rules(
    parts: Parts, prepared: PreparedRules, jobs: Submission
) -> AsyncIterator[APIRouter]:
    """Carry rules out as long as this is open, and give the routes."""
    metrics = RuleMetrics(parts.registry)
    consumer = Consumer(parts.settings.database_url, parts.bell, prepared.asking, metrics)
    async with background(consumer.run()):
        routes = rule_routes(prepared.asking)
        routes.include_router(asking_routes(prepared.asking, parts.pool, jobs))
        yield routes
