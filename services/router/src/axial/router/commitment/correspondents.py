"""The modalities that ask us for storage commitment, or are asked."""

from dataclasses import dataclass

from axial.common.configuration import Configuration
from axial.common.errors import RemoteFailed
from axial.common.known_modalities import KnownModalities
from axial.common.modalities import Modality, same_title
from axial.dimse.reaching import Reach
from axial.dimse.upper_layer.requestor import Peer, Refused
from axial.router.modalities.forms import modality_named
from axial.router.modalities.managing import current


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Finds them among the modalities that are known now."""

    configuration: Configuration
    known: KnownModalities
    reach: Reach

    async def named(self, name: str) -> Modality:
        """Find a modality by its name; raise Inexistent."""
        return modality_named(await current(self.known), name)

    async def calling(self, aet: str, ip: str) -> Modality | None:
        """Find who has called us; of several that share a title the one at this address, else the first."""
        is_strict = self.configuration.strict_aet_comparison
        some = [
            modality
            for modality in (await current(self.known)).values()
            if same_title(modality.aet, aet, is_strict=is_strict)
        ]
        return next((modality for modality in some if modality.host == ip), next(iter(some), None))

    def peer(self, modality: Modality, *, local_aet: str = "", timeout: int | None = None) -> Peer:
        """Tell how to connect to a modality; raise RemoteFailed when that is not configured."""
        try:
            return self.reach.peer(modality, local_aet=local_aet, timeout=timeout)
        except Refused as error:
            raise RemoteFailed(unreached(modality.aet, error)) from error


def unreached(aet: str, error: Refused) -> str:
    """Say that a modality cannot be reached."""
    return f'DicomAssociation - connecting to AET "{aet}": {error}'


def unanswered(aet: str) -> str:
    """Say that a modality has said nothing, or left."""
    return f"Storage commitment - Unable to read the response from AET: {aet}"


def not_taken(aet: str, status: int) -> str:
    """Say that a modality does not take what it was told."""
    return (
        f"Storage commitment - The request cannot be handled by remote AET: {aet} (0x{status:04X})"
    )
