"""Who the peers are: what the configuration says, overruled by what was said over REST."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from axial.common.errors import Inexistent, NotFound, Unavailable
from axial.common.peers import Peer
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.bell import Bell
from axial.router.destinations.http_servers import HttpServer

log = structlog.get_logger(__name__)

# A ring may be lost; peers change once a month.
_LOOK_SECONDS = 30.0
# Postgres is back within seconds, as a rule.
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer as it is now, and the connections to it."""

    peer: Peer
    server: HttpServer


class KnownPeers:
    """Keeps who the peers are in memory, as Postgres has it; all replicas hear of a change."""

    def __init__(
        self,
        pool: Pool,
        bell: Bell,
        configured: Mapping[str, Peer],
        connect: Callable[[Peer], HttpServer],
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._configured = configured
        self._connect = connect
        self._statements = Statements("axial.router.sql")
        self._known: dict[str, KnownPeer] = {}
        # One at a time, so that what was read first is not kept last.
        self._refreshing = asyncio.Lock()

    @property
    def all(self) -> Mapping[str, KnownPeer]:
        """All peers by name, as they were heard of last."""
        return self._known

    def find(self, name: str) -> KnownPeer | None:
        """Find a peer, as it was heard of last."""
        return self._known.get(name)

    def get(self, name: str) -> KnownPeer:
        """Find a peer; raise NotFound."""
        known = self.find(name)
        if known is None:
            raise NotFound(f"No peer with symbolic name: {name}")
        return known

    async def put(self, name: str, peer: Peer) -> None:
        """Say who a peer is; raise Unavailable."""
        async with away_is_unavailable():
            await self._pool.execute(self._statements["peer_put"], name, json.dumps(peer.written()))
        await self.refresh()

    async def delete(self, name: str) -> None:
        """Say that there is no such peer; raise Inexistent when there was none, or Unavailable."""
        await self.refresh()
        if name not in self._known:
            raise Inexistent(f"Unknown Orthanc peer: {name}")
        async with away_is_unavailable():
            if name in self._configured:
                await self._pool.execute(self._statements["peer_put"], name, None)
            else:
                await self._pool.execute(self._statements["peer_delete"], name)
        await self.refresh()

    async def refresh(self) -> None:
        """Look who the peers are now; raise Unavailable."""
        async with self._refreshing:
            async with away_is_unavailable():
                rows = await self._pool.fetch(self._statements["peer_list"])
            peers = dict(self._configured)
            for name, definition in rows:
                peers.pop(name, None)
                if definition is not None and (peer := _read(name, definition)):
                    peers[name] = peer
            self._apply(peers)

    def _apply(self, peers: Mapping[str, Peer]) -> None:
        before, self._known = self._known, {}
        for name, peer in sorted(peers.items()):
            known = before.get(name)
            if known is None or known.peer != peer:
                known = KnownPeer(peer, self._connect(peer))
            self._known[name] = known
        for name, old in before.items():
            if self._known.get(name) is not old:
                old.server.retire()

    async def run(self) -> None:
        """Hear of changes for ever."""
        while True:
            heard = self._bell.heard("destinations")
            try:
                await self.refresh()
            except Unavailable as error:
                log.debug("peers_interrupted", error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            await self._bell.after("destinations", heard, _LOOK_SECONDS)

    async def aclose(self) -> None:
        """Close all connections."""
        for known in self._known.values():
            await known.server.aclose()


def _read(name: str, definition: str) -> Peer | None:
    try:
        return Peer.model_validate_json(definition)
    except ValidationError:
        # Another version of ours has written it; what it says is not told, it holds secrets.
        log.error("peer_unreadable", peer=name)  # noqa: TRY400 - the exception says too much
        return None
