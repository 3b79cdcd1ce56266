"""The rules of one process, put together."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from axial.common.peers import Peer
from axial.common.routes import add_routes
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


def prepare_rules(
    parts: Parts, peers: Callable[[], Awaitable[Mapping[str, Peer]]]
) -> PreparedRules:
    """Prepare to ask rules; BadConfiguration when the configuration's cannot be understood."""
    settings = parts.settings
    asking = Asking(
        Rules(parts.configuration, RuleStore(parts.pool)),
        FeedClient(parts.http, settings.changefeed_url, settings.internal_token),
        Collector(parts.index),
        KnownDirectory(parts.modalities.current, peers),
    )
    return PreparedRules(asking, RoutingReplay(asking, parts.pool))


def current_peers(known: KnownPeers) -> Callable[[], Awaitable[Mapping[str, Peer]]]:
    """Tell who the peers are when they are asked for, by name."""

    async def current() -> Mapping[str, Peer]:
        await known.refresh()
        return {name: one.peer for name, one in known.all.items()}

    return current


@asynccontextmanager
async def open_rules(
    parts: Parts, prepared: PreparedRules, jobs: Submission
) -> AsyncIterator[APIRouter]:
    """Carry rules out as long as this is open, and give the routes."""
    metrics = RuleMetrics(parts.registry)
    consumer = Consumer(parts.settings.database_url, parts.bell, prepared.asking, metrics)
    async with background(consumer.run()):
        routes = rule_routes(prepared.asking)
        add_routes(routes, asking_routes(prepared.asking, parts.pool, jobs))
        yield routes
