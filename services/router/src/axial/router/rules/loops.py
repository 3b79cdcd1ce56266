"""What is never sent back to where it came from. Pure."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from axial.router.rules.facts import Facts


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """By what a destination is recognised as the sender of something."""

    #: A modality's title; empty for a peer.
    aet: str = ""
    #: A peer's addresses; none for a modality.
    addresses: frozenset[str] = frozenset()
    #: The user as whom a peer sends to us; empty when only its addresses are known.
    http_username: str = ""


def came_from(facts: Facts, destination: Whereabouts, *, strict_aets: bool) -> bool:
    """Tell whether an instance came from a destination: by its AE title, or over HTTP as its user or from its address.

    A loopback address tells nothing: everybody on this machine has it, and whoever stands behind a proxy on it. Nor
    does any address of a peer that has a user: others may send from it, and the peer from other ones.
    """
    if destination.aet:
        return bool(facts.remote_aet) and _title(facts.remote_aet, strict=strict_aets) == _title(
            destination.aet, strict=strict_aets
        )
    if facts.origin != "RestApi":
        return False
    if destination.http_username:
        return facts.http_username == destination.http_username
    sender = _address(facts.remote_ip)
    if sender is None or sender.is_loopback:
        return False
    return any(_address(text) == sender for text in destination.addresses)


def _title(text: str, *, strict: bool) -> str:
    text = text.strip(" ")
    return text if strict else text.lower()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
