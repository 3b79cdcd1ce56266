"""Where destinations are: titles of modalities, and the addresses of peers, which may be named."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
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
    """Looks destinations up among the modalities and the peers that are known at the moment."""

    def __init__(
        self,
        find_modality: Callable[[str], Modality | None],
        find_peer: Callable[[str], Peer | None],
    ) -> None:
        self._find_modality = find_modality
        self._find_peer = find_peer
        self._resolved: dict[str, tuple[float, frozenset[str]]] = {}

    async def find(self, name: DestinationName) -> Whereabouts | None:
        """Tell by what a destination is recognised; None when there is none of this name now."""
        if name.kind is DestinationKind.MODALITY:
            modality = self._find_modality(name.name)
            return None if modality is None else Whereabouts(aet=modality.aet)
        peer = self._find_peer(name.name)
        if peer is None:
            return None
        return Whereabouts(addresses=await self._addresses(urlsplit(peer.url).hostname or ""))

    async def find_all(
        self, names: Iterable[DestinationName]
    ) -> dict[DestinationName, Whereabouts | None]:
        """Look several up."""
        listed = list(names)
        found = await asyncio.gather(*map(self.find, listed))
        return dict(zip(listed, found, strict=True))

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
