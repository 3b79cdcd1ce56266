"""Where destinations are: titles of modalities, and the addresses of peers, which may be named."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from axial.common.modalities import Modality
from axial.common.peers import Peer
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.rules.loops import Whereabouts

# An address that a name got is noticed within this time.
_REMEMBERED_SECONDS = 60.0
# A resolver that is away must not hold up everything else: what it would have told is found out later.
_RESOLVED_SECONDS = 2.0


class KnownDirectory:
    """Looks destinations up among the modalities and the peers, with all that was answered before, by any replica.

    Who the sender of an instance is must not depend on which replica heard of it.
    """

    def __init__(
        self,
        modalities: Callable[[], Awaitable[Mapping[str, Modality]]],
        peers: Callable[[], Awaitable[Mapping[str, Peer]]],
    ) -> None:
        self._modalities = modalities
        self._peers = peers
        self._resolved: dict[str, tuple[float, frozenset[str]]] = {}

    async def find_all(
        self, names: Iterable[DestinationName]
    ) -> dict[DestinationName, Whereabouts | None]:
        """Tell by what some destinations are recognised; None of those that there are not now. Raises Unavailable."""
        by_kind: dict[DestinationKind, list[DestinationName]] = {}
        for name in names:
            by_kind.setdefault(name.kind, []).append(name)
        found: dict[DestinationName, Whereabouts | None] = {}
        if of_modalities := by_kind.get(DestinationKind.MODALITY):
            modalities = await self._modalities()
            for name in of_modalities:
                modality = modalities.get(name.name)
                found[name] = None if modality is None else Whereabouts(aet=modality.aet)
        if of_peers := by_kind.get(DestinationKind.PEER):
            peers = await self._peers()
            where = await asyncio.gather(*(self._where(peers.get(one.name)) for one in of_peers))
            found |= zip(of_peers, where, strict=True)
        return found

    async def _where(self, peer: Peer | None) -> Whereabouts | None:
        if peer is None:
            return None
        if peer.sender_username:
            return Whereabouts(http_username=peer.sender_username)
        return Whereabouts(addresses=await self._addresses(urlsplit(peer.url).hostname or ""))

    async def _addresses(self, host: str) -> frozenset[str]:
        try:
            return frozenset({str(ip_address(host))})
        except ValueError:
            pass
        resolved, addresses = self._resolved.get(host, (float("-inf"), frozenset[str]()))
        if time.monotonic() - resolved > _REMEMBERED_SECONDS:
            addresses = await _resolve(host) or addresses
            self._resolved[host] = (time.monotonic(), addresses)
        return addresses


async def _resolve(host: str) -> frozenset[str]:
    try:
        async with asyncio.timeout(_RESOLVED_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, UnicodeError):  # the last: no name of a host
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)
