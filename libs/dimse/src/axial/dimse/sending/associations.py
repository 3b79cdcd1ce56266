"""Associations that are kept for a while, for what is sent to the same peer next."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from axial.dimse.upper_layer.proposal import Proposed
from axial.dimse.upper_layer.requestor import Peer, Requestor


@dataclass(frozen=True, slots=True)
class Open:
    """An association, and what was proposed for it."""

    requestor: Requestor
    proposed: Sequence[Proposed]


@dataclass(eq=False, slots=True)
class _Kept:
    association: Open
    watch: asyncio.Task[None] | None = None


class Associations:
    """Keeps those that nobody uses, each for one user at a time; 0 seconds keep none."""

    def __init__(self, keep_seconds: float = 0.0) -> None:
        self._keep_seconds = keep_seconds
        self._kept: defaultdict[Peer, list[_Kept]] = defaultdict(list)
        self._watching: set[asyncio.Task[None]] = set()

    async def take(self, peer: Peer, will_do: Callable[[Sequence[Proposed]], bool]) -> Open | None:
        """Take one on which the right things were proposed; it is the caller's then, to give back or to end."""
        for kept in self._kept.get(peer, ()):
            if will_do(kept.association.proposed):
                self._forget(peer, kept)
                await self._stop_watching(kept)
                return kept.association
        return None

    async def give_back(self, peer: Peer, association: Open) -> None:
        """Keep an association on which nothing is under way, or release it."""
        if not self._keep_seconds:
            await association.requestor.release()
            return
        kept = _Kept(association)
        self._kept[peer].append(kept)
        kept.watch = asyncio.create_task(self._watch(peer, kept))
        self._watching.add(kept.watch)
        kept.watch.add_done_callback(self._watching.discard)

    async def aclose(self) -> None:
        """Release all."""
        kept = [one for some in self._kept.values() for one in some]
        self._kept.clear()
        for one in kept:
            await self._stop_watching(one)
        await asyncio.gather(
            *(one.association.requestor.release() for one in kept),
            # Those that have just begun to end by themselves.
            *self._watching,
            return_exceptions=True,
        )

    async def _watch(self, peer: Peer, kept: _Kept) -> None:
        """End an association that is kept for too long, or that the peer ends."""
        requestor = kept.association.requestor
        try:
            async with asyncio.timeout(self._keep_seconds):
                await requestor.ended()
        except TimeoutError:
            self._forget(peer, kept)
            await requestor.release()
        else:
            self._forget(peer, kept)
            await requestor.abort()

    def _forget(self, peer: Peer, kept: _Kept) -> None:
        some = self._kept[peer]
        with suppress(ValueError):
            some.remove(kept)
        if not some:
            del self._kept[peer]

    async def _stop_watching(self, kept: _Kept) -> None:
        """Let go of the connection: nobody else may be reading from it."""
        if kept.watch is not None:
            kept.watch.cancel()
            await asyncio.gather(kept.watch, return_exceptions=True)
