"""Who may associate with us, and ask for what: by titles and address, as Orthanc decides. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from axial.common.configuration import Configuration
from axial.common.modalities import Modality, same_title
from axial.dimse.upper_layer.negotiation import (
    CALLED_AET_UNKNOWN,
    CALLING_AET_UNKNOWN,
    Refusal,
)


@dataclass(frozen=True, slots=True)
class Rights:
    """Which services a peer may use (Orthanc's `Allow…` of a modality)."""

    echo: bool
    store: bool
    find: bool
    move: bool
    get: bool
    #: To ask for storage commitment, and to report it: never a stranger's.
    n_action: bool = False
    event_report: bool = False


def decide(
    configuration: Configuration,
    modalities: Mapping[str, Modality],
    calling_aet: str,
    called_aet: str,
    peer_ip: str,
) -> Rights | Refusal:
    """Give a peer its rights, or refuse the association.

    Where anybody may do anything, everybody is let in, possibly to find all else refused.
    """
    anybody = _of_anybody(configuration)
    if configuration.dicom_check_called_aet and not same_aet(
        configuration, called_aet, configuration.dicom_aet
    ):
        return CALLED_AET_UNKNOWN
    known = _known(configuration, modalities, calling_aet, peer_ip)
    if not known and anybody == _NOBODYS:
        return CALLING_AET_UNKNOWN
    its_own = _of_modalities(known, by_host=configuration.dicom_check_modality_host)
    return Rights(
        echo=anybody.echo or its_own.echo,
        store=anybody.store or its_own.store,
        find=anybody.find or its_own.find,
        move=anybody.move or its_own.move,
        get=anybody.get or its_own.get,
        n_action=its_own.n_action,
        event_report=its_own.event_report,
    )


def same_aet(configuration: Configuration, one: str, other: str) -> bool:
    """Compare AE titles as the configuration says."""
    return same_title(one, other, is_strict=configuration.strict_aet_comparison)


_NOBODYS = Rights(echo=False, store=False, find=False, move=False, get=False)


def _of_anybody(configuration: Configuration) -> Rights:
    return Rights(
        echo=configuration.dicom_always_allow_echo,
        store=configuration.dicom_always_allow_store,
        find=configuration.dicom_always_allow_find,
        move=configuration.dicom_always_allow_move,
        get=configuration.dicom_always_allow_get,
    )


def _known(
    configuration: Configuration,
    modalities: Mapping[str, Modality],
    calling_aet: str,
    peer_ip: str,
) -> list[Modality]:
    """List the modalities that the peer may be; several can share a title.

    Where hosts are checked, one at another host is never meant. Orthanc lets a peer from anywhere in when all that
    have its title are allowed what it asks for; then the option would check nothing.
    """
    return [
        modality
        for modality in modalities.values()
        if same_aet(configuration, modality.aet, calling_aet)
        and (not configuration.dicom_check_modality_host or _same_host(modality.host, peer_ip))
    ]


def _of_modalities(known: Sequence[Modality], *, by_host: bool) -> Rights:
    """Say what a peer may that is one of these: what one may when it is known which, else what all may."""
    if not known:
        return _NOBODYS
    enough = any if by_host else all
    return Rights(
        echo=enough(modality.allow_echo for modality in known),
        store=enough(modality.allow_store for modality in known),
        find=enough(modality.allow_find for modality in known),
        move=enough(modality.allow_move for modality in known),
        get=enough(modality.allow_get for modality in known),
        n_action=enough(modality.allow_n_action for modality in known),
        event_report=enough(modality.allow_event_report for modality in known),
    )


def _same_host(host: str, peer_ip: str) -> bool:
    """Compare addresses, however they are written; a name is none, and is not looked up."""
    try:
        return _address(host) == _address(peer_ip)
    except ValueError:
        return False


def _address(text: str) -> IPv4Address | IPv6Address:
    address = ip_address(text)
    # What a socket for both kinds tells of a peer that speaks the older.
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
